using System.Text.Json.Nodes;
using Fabric.Resources.Crds;

namespace Fabric.Resources.Tests;

/// <summary>The definitions in <c>deploy/crds</c> say what the records say.</summary>
public sealed class CrdTests
{
    public static TheoryData<string> Files() => [.. CrdGenerator.All().Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void Committed_definition_is_current(string file)
    {
        var path = Path.Combine(Repository.Root, "deploy", "crds", file);
        var generated = CrdYaml.Write(CrdGenerator.All()[file]);
        if (Environment.GetEnvironmentVariable("FABRIC_REGENERATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, generated);
        }

        Assert.True(File.Exists(path), $"deploy/crds/{file} is missing: run `fabric crds --out deploy/crds`");
        Assert.Equal(generated, File.ReadAllText(path));
    }

    [Fact]
    public void Folder_holds_no_definition_of_a_kind_that_is_gone()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "crds")).Select(Path.GetFileName);
        Assert.Equal(CrdGenerator.All().Keys.Order(), files.Order());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_field_has_a_description(string file)
    {
        var schema = CrdGenerator.All()[file]["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();
        foreach (var name in new[] { "spec", "status" })
        {
            if (schema["properties"]![name] is JsonObject field)
            {
                AssertDescribed(field, name);
            }
        }
    }

    [Fact]
    public void Immutable_field_has_the_transition_rule()
    {
        var subnet = CrdGenerator.All()["fabric.vmnet.io_subnets.yaml"]["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;
        var spec = subnet["properties"]!["spec"]!["properties"]!;
        Assert.Contains(spec["vpc"]!["x-kubernetes-validations"]!.AsArray(), rule => (string?)rule!["rule"] == "self == oldSelf");
        Assert.Equal("cidr", (string?)spec["ipv4"]!["properties"]!["cidr"]!["format"]);
    }

    [Fact]
    public void Nics_can_be_selected_by_subnet_and_by_node_of_container_or_attachment()
    {
        var version = CrdGenerator.All()["fabric.vmnet.io_nics.yaml"]["spec"]!["versions"]![0]!;
        Assert.Equal([".spec.subnet", ".spec.owner.node", ".status.node"], version["selectableFields"]!.AsArray().Select(field => (string?)field!["jsonPath"]));
    }

    private static void AssertDescribed(JsonObject schema, string path)
    {
        Assert.False(string.IsNullOrWhiteSpace((string?)schema["description"]), $"{path} has no description");
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var (name, property) in properties)
            {
                AssertDescribed(property!.AsObject(), $"{path}.{name}");
            }
        }

        if (schema["items"]?["properties"] is JsonObject items)
        {
            foreach (var (name, property) in items)
            {
                AssertDescribed(property!.AsObject(), $"{path}[].{name}");
            }
        }
    }
}
