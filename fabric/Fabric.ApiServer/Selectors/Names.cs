using System.Text.RegularExpressions;

namespace Fabric.ApiServer.Selectors;

/// <summary>The forms of names, label keys and label values, with the sentences that Kubernetes' users know.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ ; RFC 1123 §2.1</remarks>
internal static partial class Names
{
    public const int LongestSubdomain = 253;
    public const int LongestLabel = 63;

    public const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com')";

    public const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name')";

    public const string QualifiedNameRule =
        "name part must consist of alphanumeric characters, '-', '_' or '.', at most 63, and must start and end with an alphanumeric character, with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

    public const string LabelValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63, and must start and end with an alphanumeric character";

    public static bool IsSubdomain(string name) => name.Length is > 0 and <= LongestSubdomain && Subdomain().IsMatch(name);

    public static bool IsLabel(string name) => name.Length is > 0 and <= LongestLabel && !name.Contains('.') && Subdomain().IsMatch(name);

    public static bool IsLabelValue(string value) => value.Length == 0 || (value.Length <= 63 && NamePart().IsMatch(value));

    public static bool IsQualifiedName(string name)
    {
        var slash = name.IndexOf('/');
        var part = name[(slash + 1)..];
        return part.Length is > 0 and <= 63 && NamePart().IsMatch(part) && (slash < 0 || IsSubdomain(name[..slash]));
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex NamePart();
}
