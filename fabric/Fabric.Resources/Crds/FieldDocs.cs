using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Fabric.Resources.Crds;

/// <summary>
/// The summaries of types and properties, read from the assembly's documentation file, so that <c>kubectl explain</c>
/// and the code say the same.
/// </summary>
public sealed partial class FieldDocs
{
    private readonly Dictionary<string, string> _summaries;

    private FieldDocs(Dictionary<string, string> summaries) => _summaries = summaries;

    /// <summary>Reads the documentation file beside <paramref name="assembly"/>.</summary>
    /// <exception cref="FileNotFoundException">The file is not there: the assembly was built without documentation.</exception>
    public static FieldDocs Of(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        var members = XDocument.Load(path).Descendants("member");
        return new FieldDocs(members
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => (string)member.Attribute("name")!, member => Text(member.Element("summary")!), StringComparer.Ordinal));
    }

    /// <summary>The summary of a type.</summary>
    public string Of(Type type) => Find($"T:{type.FullName}");

    /// <summary>The summary of a property.</summary>
    public string Of(PropertyInfo property) => Find($"P:{property.DeclaringType!.FullName}.{property.Name}");

    private string Find(string member) =>
        _summaries.TryGetValue(member, out var text)
            ? text
            : throw new InvalidOperationException($"{member} has no summary: every field of a kind is documented");

    private static string Text(XElement summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary.DescendantNodes())
        {
            switch (node)
            {
                case XText plain:
                    text.Append(plain.Value);
                    break;
                case XElement { Name.LocalName: "see" or "paramref" } reference:
                    text.Append(ShortName((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? ""));
                    break;
            }
        }

        return Blank().Replace(text.ToString(), " ").Trim();
    }

    private static string ShortName(string cref)
    {
        var name = cref[(cref.LastIndexOf('.') + 1)..];
        return name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blank();
}
