namespace Fabric.Resources.Crds;

/// <summary>Where objects of a kind live.</summary>
public enum Scope
{
    /// <summary>Once in the cluster.</summary>
    Cluster,

    /// <summary>In a namespace.</summary>
    Namespaced,
}

/// <summary>Marks a record as a kind of <see cref="FabricApi.Group"/> from which a CRD is generated.</summary>
/// <param name="plural">Lower-case plural, the word in the path.</param>
/// <param name="scope">Where objects live.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomResourceAttribute(string plural, Scope scope) : Attribute
{
    /// <summary>Lower-case plural.</summary>
    public string Plural { get; } = plural;

    /// <summary>Where objects live.</summary>
    public Scope Scope { get; } = scope;

    /// <summary>Short names for kubectl, separated by commas.</summary>
    public string ShortNames { get; init; } = "";

    /// <summary>The category that <c>kubectl get CATEGORY</c> lists it under.</summary>
    public string? Category { get; init; }

    /// <summary>Whether status is a subresource.</summary>
    public bool HasStatus { get; init; } = true;
}

/// <summary>A column of <c>kubectl get</c>, in the order given.</summary>
/// <param name="name">Heading.</param>
/// <param name="type"><c>string</c>, <c>integer</c>, <c>boolean</c> or <c>date</c>.</param>
/// <param name="jsonPath">Where the value is.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string type, string jsonPath) : Attribute
{
    /// <summary>Heading.</summary>
    public string Name { get; } = name;

    /// <summary>OpenAPI type.</summary>
    public string Type { get; } = type;

    /// <summary>JSONPath from the object.</summary>
    public string JsonPath { get; } = jsonPath;

    /// <summary>0 is always shown, 1 only with <c>-o wide</c>.</summary>
    public int Priority { get; init; }
}

/// <summary>
/// A field that <c>fieldSelector</c> may name in lists and watches (Kubernetes 1.32), so that a client is sent only what
/// concerns it: an agent the Nics of its node.
/// </summary>
/// <param name="jsonPath">A scalar of spec or status, as dotted names after a leading dot.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class SelectableFieldAttribute(string jsonPath) : Attribute
{
    /// <summary>Dotted names after a leading dot.</summary>
    public string JsonPath { get; } = jsonPath;
}

/// <summary>A value the API server fills in when the field is absent.</summary>
/// <param name="value">A string, integer or boolean.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultAttribute(object value) : Attribute
{
    /// <summary>The value.</summary>
    public object Value { get; } = value;
}

/// <summary>The field keeps the value it was created with.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImmutableAttribute : Attribute;

/// <summary>The list is a map by this field of its items (<c>x-kubernetes-list-map-keys</c>).</summary>
/// <param name="key">The field's JSON name.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapKeyAttribute(string key) : Attribute
{
    /// <summary>The field's JSON name.</summary>
    public string Key { get; } = key;
}

/// <summary>The least value.</summary>
/// <param name="value">Inclusive.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinimumAttribute(long value) : Attribute
{
    /// <summary>Inclusive.</summary>
    public long Value { get; } = value;
}

/// <summary>The greatest value.</summary>
/// <param name="value">Inclusive.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaximumAttribute(long value) : Attribute
{
    /// <summary>Inclusive.</summary>
    public long Value { get; } = value;
}

/// <summary>The least length of a string.</summary>
/// <param name="value">In characters.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinLengthAttribute(int value) : Attribute
{
    /// <summary>In characters.</summary>
    public int Value { get; } = value;
}

/// <summary>The greatest length of a string.</summary>
/// <param name="value">In characters.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxLengthAttribute(int value) : Attribute
{
    /// <summary>In characters.</summary>
    public int Value { get; } = value;
}

/// <summary>The greatest length of a list.</summary>
/// <param name="value">In items.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxItemsAttribute(int value) : Attribute
{
    /// <summary>In items.</summary>
    public int Value { get; } = value;
}

/// <summary>Each string of the list names an object: a namespace (RFC 1123 label) unless more is said.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EachNameAttribute : Attribute
{
    /// <summary>The greatest length of a name, in characters.</summary>
    public int MaxLength { get; init; } = 63;

    /// <summary>The regular expression (RE2) of a name.</summary>
    public string Pattern => MaxLength <= 63 ? "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" : "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";
}

/// <summary>The regular expression (RE2) a string must match.</summary>
/// <param name="value">The expression.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatternAttribute(string value) : Attribute
{
    /// <summary>The expression.</summary>
    public string Value { get; } = value;
}
