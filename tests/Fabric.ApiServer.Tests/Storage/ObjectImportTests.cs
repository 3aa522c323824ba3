using System.Net;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Storage;

public sealed class ObjectImportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_imported_is_served_with_its_status_and_uid_and_what_the_schema_adds()
    {
        using var folder = new TemporaryFolder();
        var widget = """{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"default","uid":"u-1"},"spec":{"color":"red"},"status":{"phase":"Done"}}""";

        Assert.Equal(2, await ImportAsync(folder, widget, Widget("v", metadata: ""","namespace":"default" """)));

        await using var server = await StartAsync(folder);
        var answer = await server.GetAsync($"{Widgets}/w");
        Assert.Equal("u-1", answer.Text("metadata", "uid"));
        Assert.Equal("Done", answer.Text("status", "phase"));
        Assert.NotNull(answer.Text("metadata", "creationTimestamp"));
        Assert.NotNull(answer.Text("metadata", "resourceVersion"));
        Assert.NotEqual("", (await server.GetAsync($"{Widgets}/v")).Text("metadata", "uid"));
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Widgets, Widget("after"))).Code);
    }

    [Theory]
    [InlineData("""{"apiVersion":"test.example.com/v1","kind":"Gadget","metadata":{"name":"w"}}""", "Gadget is not served")]
    [InlineData("""{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"W!","namespace":"default"},"spec":{"color":"red"}}""", "metadata.name")]
    [InlineData("""{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"default"},"spec":{"color":"red","colour":"red"}}""", "unknown field")]
    [InlineData("[]", "not a JSON object")]
    public async Task What_no_request_could_write_is_not_imported(string json, string said)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, (await Assert.ThrowsAsync<FormatException>(() => ImportAsync(folder, json))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_is_there_is_not_imported_again()
    {
        using var folder = new TemporaryFolder();
        var widget = Widget("w", metadata: ""","namespace":"default" """);
        await ImportAsync(folder, widget);
        Assert.Contains("is there already", (await Assert.ThrowsAsync<FormatException>(() => ImportAsync(folder, widget))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_imported_under_a_running_server()
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(folder);
        await Assert.ThrowsAsync<StoreException>(() => ImportAsync(folder, Widget("w")));
    }

    private static Task<int> ImportAsync(TemporaryFolder folder, params string[] objects) => ObjectImport.RunAsync(
        new ApiServerOptions { DataDirectory = folder.Path, Listen = [], CrdDirectories = [Crds] }, objects, Token);
}
