namespace Fabric.ApiServer.Schema;

/// <summary>Where in an object a value is, written as Kubernetes does: <c>spec.rules[2].labels[app]</c>.</summary>
/// <remarks>Paths are made for every value that is looked at, and written out for the few that are wrong.</remarks>
internal sealed class FieldPath
{
    private const int NoIndex = -1;

    private readonly FieldPath? _parent;
    private readonly string? _step;
    private readonly int _index;
    private readonly bool _isKey;

    private FieldPath(FieldPath? parent, string? step, int index, bool isKey)
    {
        _parent = parent;
        _step = step;
        _index = index;
        _isKey = isKey;
    }

    public static FieldPath Root { get; } = new(null, "", NoIndex, false);

    public FieldPath Field(string name) => new(this, name, NoIndex, false);

    public FieldPath Index(int index) => new(this, null, index, false);

    public FieldPath Key(string key) => new(this, key, NoIndex, true);

    public override string ToString()
    {
        if (_parent is null) return _step!;
        var before = _parent.ToString();
        if (_step is null) return $"{before}[{_index}]";
        if (_isKey) return $"{before}[{_step}]";
        return before.Length == 0 ? _step : $"{before}.{_step}";
    }
}
