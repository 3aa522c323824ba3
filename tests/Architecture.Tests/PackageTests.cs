using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Architecture.Tests;

public partial class PackageTests
{
    private static readonly XDocument Central = XDocument.Load(Repository.FullPath("Directory.Packages.props"));

    private static Dictionary<string, string> Versions { get; } = Central.Descendants("PackageVersion").ToDictionary(
        package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);

    [Theory]
    [InlineData("ManagePackageVersionsCentrally")]
    [InlineData("CentralPackageTransitivePinningEnabled")]
    public void Versions_are_managed_centrally(string property) =>
        Assert.Equal("true", Central.Descendants(property).Single().Value);

    [Fact]
    public void Every_version_is_exact() =>
        Assert.All(Versions, package => Assert.Matches(ExactVersion(), package.Value));

    [Fact]
    public void No_project_states_a_version_of_its_own() =>
        Assert.All(Repository.Projects.Values, project => Assert.Empty(project.VersionedPackages));

    [Fact]
    public void Every_package_in_the_table_is_used_and_every_used_one_in_the_table()
    {
        var everywhere = XDocument.Load(Repository.FullPath("Directory.Build.props"))
            .Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value);
        var used = Repository.Projects.Values.SelectMany(project => project.PackageReferences).Concat(everywhere).Distinct();
        Assert.Equal(Versions.Keys.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_has_a_lock_file() =>
        Assert.All(
            Repository.Projects.Values,
            project => Assert.Contains(project.Path.Replace($"{project.Name}.csproj", "packages.lock.json"), Repository.Files));

    [GeneratedRegex(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")]
    private static partial Regex ExactVersion();
}
