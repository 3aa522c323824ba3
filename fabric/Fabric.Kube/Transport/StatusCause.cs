namespace Fabric.Kube.Transport;

/// <summary>One entry of <c>status.details.causes</c> in a refused request.</summary>
/// <param name="Reason">Machine word, for example <c>FieldValueInvalid</c>.</param>
/// <param name="Message">Text for people.</param>
/// <param name="Field">Path of the field, for example <c>spec.ipv4.cidr</c>, or null.</param>
public readonly record struct StatusCause(string Reason, string Message, string? Field);
