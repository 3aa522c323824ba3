using System.Text;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Selectors;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Tests.Selectors;

public sealed class SelectableAttributesTests
{
    private static readonly ResourceDefinition Pod = ResourceCatalog.Load([]).ByName("pods")!;
    private static readonly ResourceDefinition Node = ResourceCatalog.Load([]).ByName("nodes")!;

    [Fact]
    public void Labels_and_fields_are_read_wherever_they_stand()
    {
        var attributes = Of(Pod, """
            {"status":{"phase":"Run\u006eing","conditions":[{"spec":{"nodeName":"no"}}],"podIP":null},"kind":"Pod",
             "metadata":{"annotations":{"labels":"no"},"labels":{"a":"b","n\u0061me":"\u00e9"},"name":"ignored"},
             "spec":{"containers":[{"nodeName":"no"}],"\u006eodeName":"n1","nested":{"nodeName":"no"}},"nodeName":"no"}
            """);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "b", ["name"] = "é" }, attributes.Labels);
        Assert.Equal("n1", attributes.Fields["spec.nodeName"]);
        Assert.Equal("Running", attributes.Fields["status.phase"]);
        Assert.Equal("", attributes.Fields["status.podIP"]);
        Assert.Equal("", attributes.Fields["spec.restartPolicy"]);
        Assert.Equal("x", attributes.Fields["metadata.name"]);
        Assert.Equal("default", attributes.Fields["metadata.namespace"]);
    }

    [Theory]
    [InlineData("""{"spec":{"unschedulable":true}}""", "true")]
    [InlineData("""{"spec":{"unschedulable":12}}""", "12")]
    [InlineData("""{"spec":{"unschedulable":{"a":[1]}},"metadata":{}}""", "")]
    [InlineData("""{"spec":"text","metadata":{"labels":[]}}""", "")]
    [InlineData("""{}""", "")]
    public void Scalars_are_compared_as_text_and_anything_else_as_nothing(string body, string value)
    {
        var attributes = Of(Node, body);
        Assert.Equal(value, attributes.Fields["spec.unschedulable"]);
        Assert.Empty(attributes.Labels);
    }

    private static SelectableAttributes Of(ResourceDefinition definition, string body)
        => SelectableAttributes.Of(definition, new StoredObject(new ObjectKey(definition.Plural, "default", "x"), "u", 1, Encoding.UTF8.GetBytes(body)));
}
