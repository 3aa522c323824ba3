using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Schema;

/// <summary>Why a field was refused, in the words of <c>status.details.causes[].reason</c>.</summary>
public enum FieldErrorKind
{
    /// <summary>The value is malformed or out of bounds.</summary>
    Invalid,

    /// <summary>A value is needed.</summary>
    Required,

    /// <summary>The value is not one of a fixed set.</summary>
    NotSupported,

    /// <summary>The value may be well-formed, but not here or not now.</summary>
    Forbidden,

    /// <summary>The value must be unique and is there already.</summary>
    Duplicate,

    /// <summary>The value names something that does not exist.</summary>
    NotFound,

    /// <summary>The value has another JSON type than the schema says.</summary>
    TypeInvalid,

    /// <summary>The value is longer than allowed.</summary>
    TooLong,

    /// <summary>The list or map has more entries than allowed.</summary>
    TooMany,
}

/// <summary>One refused field of a request; together they make a 422 answer.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Field">Path from the object's root: <c>spec.ipv4.cidr</c>, <c>spec.ranges[0]</c>.</param>
/// <param name="Value">What was sent, as JSON text or plain text; null to leave it out of the message.</param>
/// <param name="Detail">What is wrong and what to do, for people.</param>
public sealed record FieldError(FieldErrorKind Kind, string Field, string? Value, string Detail)
{
    /// <summary>Characters of a refused value that a message quotes; it may be megabytes.</summary>
    private const int LongestQuote = 256;

    /// <summary>The CamelCase word of the rule that refused the field, where that says more than <see cref="Kind"/>; null otherwise.</summary>
    public string? Rule { get; init; }

    /// <summary>The value of <c>causes[].reason</c>.</summary>
    /// <remarks>k8s.io/apimachinery, metav1.CauseType and field.ErrorType.</remarks>
    public string Reason => Rule ?? Kind switch
    {
        FieldErrorKind.Required => "FieldValueRequired",
        FieldErrorKind.NotSupported => "FieldValueNotSupported",
        FieldErrorKind.Forbidden => "FieldValueForbidden",
        FieldErrorKind.Duplicate => "FieldValueDuplicate",
        FieldErrorKind.NotFound => "FieldValueNotFound",
        FieldErrorKind.TypeInvalid => "FieldValueTypeInvalid",
        FieldErrorKind.TooLong => "FieldValueTooLong",
        FieldErrorKind.TooMany => "FieldValueTooMany",
        _ => "FieldValueInvalid",
    };

    /// <summary>The sentence without the field: <c>Invalid value: "x": …</c>.</summary>
    public string Message
    {
        get
        {
            var label = Kind switch
            {
                FieldErrorKind.Required => "Required value",
                FieldErrorKind.NotSupported => "Unsupported value",
                FieldErrorKind.Forbidden => "Forbidden",
                FieldErrorKind.Duplicate => "Duplicate value",
                FieldErrorKind.NotFound => "Not found",
                FieldErrorKind.TooLong => "Too long",
                FieldErrorKind.TooMany => "Too many",
                _ => "Invalid value",
            };
            var value = Value is null || Kind is FieldErrorKind.Required or FieldErrorKind.Forbidden ? "" : $": {Shorten(Value)}";
            return Detail.Length == 0 ? label + value : $"{label}{value}: {Detail}";
        }
    }

    /// <summary>An error about a JSON value, quoted in the message as it was sent.</summary>
    internal static FieldError Of(FieldErrorKind kind, FieldPath path, JsonNode? value, string detail)
        => new(kind, path.ToString(), JsonBody.ToText(value), detail);

    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";

    private static string Shorten(string text) => text.Length <= LongestQuote ? text : $"{text.AsSpan(0, LongestQuote - 3)}...";
}
