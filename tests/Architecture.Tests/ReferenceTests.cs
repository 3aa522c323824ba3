using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>References point one way: Cli, then processes, then what they are made of, then values.</summary>
public partial class ReferenceTests
{
    /// <summary>Which projects a project may reference. Everything it may not is a design decision to be talked over.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Fabric.Primitives"] = [],
        ["Fabric.Telemetry"] = [],
        ["Fabric.Resources"] = ["Fabric.Primitives"],
        ["Fabric.Kube"] = ["Fabric.Resources"],
        ["Fabric.Policy"] = ["Fabric.Resources"],
        ["Fabric.Grains"] = ["Fabric.Policy", "Fabric.Resources"],
        ["Fabric.ApiServer"] = ["Fabric.Resources", "Fabric.Telemetry"],
        ["Fabric.Realization"] = ["Fabric.Policy", "Fabric.Resources", "Ovs.Northbound"],
        ["Fabric.Server"] =
            ["Fabric.ApiServer", "Fabric.Grains", "Fabric.Kube", "Fabric.Policy", "Fabric.Realization", "Fabric.Telemetry", "Vmnet.KubeVirt"],
        // It measures from outside, through the API, what the command starts for it; of the API server it uses the import,
        // of the lab the making of a node.
        ["Fabric.Bench"] = ["Cni.Netlink", "Fabric.ApiServer", "Fabric.Kube", "Fabric.Telemetry", "Lab.Runner", "Ovs.Northbound"],
        ["Fabric.Cli"] = ["Bpf.FastPath", "Cni.Agent", "Cni.Netlink", "Fabric.Bench", "Fabric.Policy", "Fabric.Realization", "Fabric.Server", "Fabric.Telemetry", "Lab.Cluster", "Lab.Demo", "Lab.Runner"],

        ["Vmnet.KubeVirt"] = ["Fabric.Resources"],

        ["Cni.Plugin"] = [],
        ["Cni.Protocol"] = [],
        ["Cni.Netlink"] = ["Fabric.Primitives"],
        ["Cni.Datapath"] = ["Bpf.FastPath", "Cni.Netlink", "Ovs.Southbound", "Ovs.Vswitch"],
        ["Cni.Agent"] =
            ["Bpf.FastPath", "Cni.Datapath", "Cni.Netlink", "Cni.Protocol", "Fabric.Kube", "Fabric.Telemetry", "Ovs.Vswitch", "Vmnet.KubeVirt"],

        ["Bpf.Interop"] = [],
        ["Bpf.FastPath"] = ["Bpf.Interop", "Fabric.Primitives"],

        ["Ovs.ModelGen"] = [],
        ["Ovs.Ovsdb"] = [],
        ["Ovs.Northbound"] = ["Ovs.Ovsdb"],
        ["Ovs.Southbound"] = ["Ovs.Ovsdb"],
        ["Ovs.Vswitch"] = ["Ovs.Ovsdb"],

        // The lab plays kubelet and KubeVirt: it knows the API's client and objects, and nothing of how Fabric works.
        ["Lab.Runner"] = ["Fabric.Kube", "Vmnet.KubeVirt"],
        ["Lab.Cluster"] = ["Fabric.Kube", "Lab.Runner", "Vmnet.KubeVirt"],
        ["Lab.Demo"] = ["Fabric.Kube", "Lab.Runner"],
    };

    /// <summary>Projects that do no I/O, so need no framework that does.</summary>
    private static readonly string[] Pure =
        ["Fabric.Primitives", "Fabric.Resources", "Fabric.Policy", "Vmnet.KubeVirt", "Cni.Protocol", "Cni.Plugin"];

    public static TheoryData<string> Products => [.. Repository.Projects.Values.Where(project => !project.IsTest).Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Products))]
    public void A_product_project_references_only_what_its_row_allows(string name)
    {
        Assert.True(Allowed.ContainsKey(name), $"{name} has no row in the table of allowed references.");
        Assert.Empty(Repository.Projects[name].ProjectReferences.Except(Allowed[name]));
    }

    [Fact]
    public void The_table_names_only_projects_that_exist() =>
        Assert.Empty(Allowed.Keys.Concat(Allowed.Values.SelectMany(names => names))
            .Except(Repository.Projects.Values.Where(project => !project.IsTest).Select(project => project.Name)));

    [Fact]
    public void The_table_has_no_circle()
    {
        var open = Allowed.Keys.ToHashSet();
        while (open.FirstOrDefault(name => !Allowed[name].Any(open.Contains)) is { } free)
            open.Remove(free);
        Assert.Empty(open);
    }

    [Fact]
    public void Nothing_references_the_command_and_only_the_command_the_lab_and_the_benchmarks()
    {
        Assert.DoesNotContain(Allowed, row => row.Value.Contains("Fabric.Cli"));
        Assert.Equal(["Fabric.Cli"], Allowed.Where(row => row.Value.Contains("Fabric.Bench")).Select(row => row.Key));
        Assert.All(
            Allowed.Where(row => row.Value.Any(IsLab)),
            row => Assert.True(row.Key is "Fabric.Cli" or "Fabric.Bench" || IsLab(row.Key), $"{row.Key} references the lab."));

        static bool IsLab(string name) => name.StartsWith("Lab.", StringComparison.Ordinal);
    }

    [Fact]
    public void Agent_and_control_plane_do_not_reach_each_other()
    {
        Assert.DoesNotContain("Fabric.Server", Closure("Cni.Agent"));
        Assert.DoesNotContain("Cni.Agent", Closure("Fabric.Server"));
        Assert.DoesNotContain("Fabric.ApiServer", Closure("Fabric.Kube"));
        Assert.Equal(["Fabric.Policy", "Fabric.Primitives", "Fabric.Resources"], Closure("Fabric.Grains").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Pure_projects_need_no_framework_for_IO() =>
        Assert.All(Pure, name => Assert.Empty(Repository.Projects[name].FrameworkReferences));

    [Fact]
    public void The_solution_has_every_project_and_no_other()
    {
        var inSolution = ProjectLine().Matches(File.ReadAllText(Repository.FullPath("Fabric.sln")))
            .Select(match => match.Groups[1].Value.Replace('\\', '/'));
        Assert.Equal(
            Repository.Projects.Values.Select(project => project.Path).Order(StringComparer.Ordinal),
            inSolution.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_project_is_in_the_folder_of_its_name() =>
        Assert.All(
            Repository.Projects.Values,
            project => Assert.EndsWith($"/{project.Name}/{project.Name}.csproj", project.Path, StringComparison.Ordinal));

    private static HashSet<string> Closure(string name) =>
        [.. Allowed[name].SelectMany(reference => Closure(reference).Append(reference))];

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectLine();
}
