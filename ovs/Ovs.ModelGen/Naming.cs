namespace Ovs.ModelGen;

/// <summary>Names in code for names in a schema.</summary>
internal static class Naming
{
    /// <summary><c>Logical_Switch_Port</c> becomes LogicalSwitchPort, <c>ACL</c> Acl, <c>from-lport</c> FromLport.</summary>
    internal static string Pascal(string name) => string.Concat(name.Split('_', '-', '.', '+').Select(Capitalize));

    /// <summary><c>external_ids</c> becomes _externalIds.</summary>
    internal static string Field(string name)
    {
        var pascal = Pascal(name);
        return $"_{char.ToLowerInvariant(pascal[0])}{pascal[1..]}";
    }

    private static string Capitalize(string part) => part.Length switch
    {
        0 => "",
        > 1 when part.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)) => part[0] + part[1..].ToLowerInvariant(),
        _ => char.ToUpperInvariant(part[0]) + part[1..],
    };
}
