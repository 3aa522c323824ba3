using System.Collections.Concurrent;
using Fabric.Kube.Informers;
using Fabric.Kube.Tests.Testing;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Fabric.Kube.Tests.Informers;

public sealed class InformerTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private static readonly ObjectKey One = new("a", "one");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Describe(InformerEvent<Pod> change) =>
        $"{change.Old?.Metadata.ResourceVersion ?? "-"}>{(change.New is null ? "-" : change.New.Metadata.ResourceVersion)} {change.Current.Metadata.Name}";

    [Fact]
    public async Task After_a_broken_watch_and_a_410_the_difference_is_told_as_if_it_had_been_watched()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json(Samples.PodList(10, Samples.PodJson("one", 1), Samples.PodJson("two", 2), Samples.PodJson("gone", 3))),
            ScriptedServer.Watch(Ending.End, Samples.PodEvent("MODIFIED", "one", 11), Samples.PodEvent("BOOKMARK", "", 15), """{"type":"""),
            ScriptedServer.Json("", 410),
            ScriptedServer.Json(Samples.PodList(20, Samples.PodJson("one", 16), Samples.PodJson("two", 2), Samples.PodJson("new", 17))),
            ScriptedServer.Watch(Ending.StayOpen, Samples.PodEvent("DELETED", "two", 21)));
        using var client = new KubeClient(server.Connection);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        var seen = new ConcurrentQueue<string>();
        informer.Subscribe(change => seen.Enqueue(Describe(change)));
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        await Eventually.HoldsAsync(() => seen.Count == 8);

        Assert.Equal(["->1 one", "->2 two", "->3 gone", "1>11 one", "11>16 one", "->17 new", "3>- gone", "21>- two"], seen);
        Assert.Contains(server.Requests, request => request.Contains("resourceVersion=15&", StringComparison.Ordinal));
        Assert.Contains(server.Requests, request => request.Contains("resourceVersion=20&", StringComparison.Ordinal));
        Assert.Equal("16", informer.Get(One)!.Metadata.ResourceVersion);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_keeps_its_last_state_and_hides_no_other()
    {
        static string Unreadable(string name, int version) => Samples.PodJson(name, version).Replace("\"metadata\"", "\"spec\":{\"containers\":7},\"metadata\"", StringComparison.Ordinal);
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json(Samples.PodList(10, Samples.PodJson("one", 1), Unreadable("two", 2), Samples.PodJson("three", 3))),
            ScriptedServer.Watch(
                Ending.End,
                $$"""{"type":"MODIFIED","object":{{Unreadable("one", 11)}}}""" + "\n",
                Samples.PodEvent("MODIFIED", "two", 12),
                $$"""{"type":"DELETED","object":{{Unreadable("three", 13)}}}""" + "\n"),
            ScriptedServer.Json(Samples.PodList(20, Unreadable("one", 11), Samples.PodJson("two", 12))),
            ScriptedServer.Watch(Ending.StayOpen, Samples.PodEvent("MODIFIED", "one", 21)));
        using var client = new KubeClient(server.Connection);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        var seen = new ConcurrentQueue<string>();
        informer.Subscribe(change => seen.Enqueue(Describe(change)));
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => seen.Count == 5);

        Assert.Equal(["->1 one", "->3 three", "->12 two", "3>- three", "1>21 one"], seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task A_server_that_is_not_there_yet_is_waited_for()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json("starting", 503), ScriptedServer.Json(Samples.PodList(1)), ScriptedServer.Watch(Ending.StayOpen));
        using var client = new KubeClient(server.Connection, new KubeClientOptions { Attempts = 1 });
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        using var stop = new CancellationTokenSource();
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        Assert.Equal(0, informer.Count);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task The_copy_and_its_indexes_follow_the_real_server()
    {
        using var client = embedded.Connect();
        var pods = client.Resource(ResourceTypes.Pods);
        await pods.CreateAsync(Samples.Pod("default", "before", "n1"), Token);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods, new ListOptions { Namespace = "default" });
        var byNode = informer.AddIndex(pod => pod.Spec?.NodeName is { } node ? [node] : []);
        using var stop = new CancellationTokenSource();
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        Assert.Equal("before", Assert.Single(byNode.Find("n1")).Metadata.Name);

        // More changes than the server keeps: whatever the watch misses, the copy ends right.
        await pods.CreateAsync(Samples.Pod("default", "after"), Token);
        for (var i = 0; i < 120; i++)
            await pods.MutateAsync(new ObjectKey("default", "after"), pod => pod with { Metadata = pod.Metadata with { Annotations = [KeyValuePair.Create("i", i.ToString())] } }, Token);
        await pods.DeleteAsync(new ObjectKey("default", "before"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await Eventually.HoldsAsync(() => informer.Get(new ObjectKey("default", "after"))?.Metadata.Annotation("i") == "119" && byNode.Find("n1").Count == 0);

        var replayed = 0;
        informer.Subscribe(change => replayed += change.Old is null ? 1 : 0);
        Assert.Equal(informer.Count, replayed);
        await stop.CancelAsync();
    }
}
