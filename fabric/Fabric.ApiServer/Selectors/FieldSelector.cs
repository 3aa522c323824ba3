using System.Collections.Immutable;
using System.Text;

namespace Fabric.ApiServer.Selectors;

/// <summary>One part of a field selector: equal or not equal.</summary>
internal sealed record FieldRequirement(string Field, string Value, bool Negated);

/// <summary>A parsed <c>fieldSelector</c>; the empty one selects everything.</summary>
internal sealed record FieldSelector(ImmutableArray<FieldRequirement> Requirements)
{
    public static FieldSelector Everything { get; } = new([]);

    public bool IsEverything => Requirements.IsEmpty;

    /// <summary>The one value a field must have, or null.</summary>
    public string? Exactly(string field)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Negated && requirement.Field == field) return requirement.Value;
        }

        return null;
    }

    public bool Matches(IReadOnlyDictionary<string, string> fields)
    {
        foreach (var requirement in Requirements)
        {
            if ((fields.GetValueOrDefault(requirement.Field, "") == requirement.Value) == requirement.Negated) return false;
        }

        return true;
    }

    /// <param name="selectable">Fields of the resource beside <c>metadata.name</c> and <c>metadata.namespace</c>.</param>
    /// <exception cref="FormatException">Malformed, or a field that cannot be selected on.</exception>
    public static FieldSelector Parse(string text, ImmutableArray<string> selectable)
    {
        var requirements = ImmutableArray.CreateBuilder<FieldRequirement>();
        foreach (var part in SplitUnescaped(text))
        {
            if (part.Length == 0) continue;
            var requirement = Requirement(part);
            if (requirement.Field is not ("metadata.name" or "metadata.namespace") && !selectable.Contains(requirement.Field))
                throw new FormatException($"field label not supported: {requirement.Field}");
            requirements.Add(requirement);
        }

        return requirements.Count == 0 ? Everything : new FieldSelector(requirements.ToImmutable());
    }

    private static FieldRequirement Requirement(string part)
    {
        var at = part.IndexOf('=');
        if (at <= 0) throw new FormatException($"invalid selector: '{part}'; can't understand '{part}'");
        var negated = part[at - 1] == '!';
        var field = part[..(negated ? at - 1 : at)];
        var value = part[(at + 1)..];
        if (!negated && value.StartsWith('=')) value = value[1..];
        return field.Length == 0
            ? throw new FormatException($"invalid selector: '{part}'; can't understand '{part}'")
            : new FieldRequirement(field.Trim(), Unescape(value), negated);
    }

    private static IEnumerable<string> SplitUnescaped(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    /// <summary>Undoes <c>\\</c>, <c>\,</c> and <c>\=</c>.</summary>
    private static string Unescape(string value)
    {
        if (!value.Contains('\\')) return value;
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\')
            {
                if (++i == value.Length || value[i] is not ('\\' or ',' or '='))
                    throw new FormatException($"invalid field selector: unsupported escape in '{value}'");
            }

            plain.Append(value[i]);
        }

        return plain.ToString();
    }
}
