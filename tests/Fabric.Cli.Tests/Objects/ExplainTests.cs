using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Objects;

public sealed class ExplainTests(CliServer server) : IClassFixture<CliServer>
{
    [Fact]
    public async Task A_kind_is_explained_with_the_types_of_its_fields()
    {
        var text = (await server.OkAsync("explain subnets")).Output;
        Assert.StartsWith("KIND:     Subnet\nVERSION:  fabric.vmnet.io/v1alpha1\n\nDESCRIPTION:\n    A range of addresses", text, StringComparison.Ordinal);
        Assert.Contains("  spec <Object> -required-\n    What the user asks for.\n", text, StringComparison.Ordinal);
        Assert.Contains("  metadata <Object>\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_is_explained_with_its_unit_and_its_bounds()
    {
        var mtu = (await server.OkAsync("explain subnet.spec.mtu")).Output;
        Assert.Contains("FIELD:    mtu <integer>\n", mtu, StringComparison.Ordinal);
        Assert.Contains("in bytes", mtu, StringComparison.Ordinal);
        Assert.Contains("    Bounds: 576 to 9000.\n", mtu, StringComparison.Ordinal);
        var dhcp = (await server.OkAsync("explain sn.spec.dhcp")).Output;
        Assert.Contains("  leaseSeconds <integer>\n", dhcp, StringComparison.Ordinal);
        Assert.Contains("    Bounds: 60 to 2592000; default 86400.\n", dhcp, StringComparison.Ordinal);
        Assert.All(dhcp.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("cannot be changed", (await server.OkAsync("explain nic.spec")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_of_lists_and_of_metadata_are_found_and_shown_as_a_tree()
    {
        Assert.Contains("<[]string>", (await server.OkAsync("explain pod.spec.containers.command")).Output, StringComparison.Ordinal);
        Assert.Contains("map[string]string", (await server.OkAsync("explain vm.metadata.labels")).Output, StringComparison.Ordinal);
        var tree = (await server.OkAsync("explain subnet.spec --recursive")).Output;
        Assert.Matches("\n  ipv4 <Object>.*\n    cidr <string>.*\n", tree);
        Assert.Contains("leaseSeconds <integer>  (60 to 2592000; default 86400)", tree, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain subnet.spec.dhcpp", "error: field \"dhcpp\" does not exist in Subnet.spec; did you mean \"dhcp\"?")]
    [InlineData("explain subnet.spec.mtu.x", "error: field \"x\" does not exist in Subnet.spec.mtu, which has no fields")]
    [InlineData("explain nothing", "error: the server doesn't have a resource type \"nothing\"")]
    [InlineData("explain fabric", "error: fabric is a category: name one of ")]
    public async Task What_is_not_there_is_said(string line, string message)
    {
        var ran = await server.RunAsync(line);
        Assert.Equal(1, ran.Code);
        Assert.StartsWith(message, ran.Error, StringComparison.Ordinal);
    }
}
