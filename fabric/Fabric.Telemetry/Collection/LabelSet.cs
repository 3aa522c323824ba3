using System.Globalization;

namespace Fabric.Telemetry.Collection;

/// <summary>Tags as labels, the same whatever their order.</summary>
internal readonly struct LabelSet : IEquatable<LabelSet>
{
    private LabelSet(KeyValuePair<string, string>[] labels)
    {
        Labels = labels;
        // A separator that is valid in no label's name; in a value it could only make two odd sets of one instrument meet.
        Text = labels.Length == 0 ? "" : string.Join('\u0001', labels.Select(label => $"{label.Key}\u0002{label.Value}"));
    }

    internal IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    internal string Text { get; }

    internal static LabelSet Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new KeyValuePair<string, string>[tags.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            labels[i] = KeyValuePair.Create(MetricName.Sanitize(tags[i].Key), Convert.ToString(tags[i].Value, CultureInfo.InvariantCulture) ?? "");
        }

        Array.Sort(labels, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return new LabelSet(labels);
    }

    public bool Equals(LabelSet other) => Text == other.Text;

    public override bool Equals(object? obj) => obj is LabelSet other && Equals(other);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
