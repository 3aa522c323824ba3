using Fabric.Kube.Events;
using Fabric.Kube.Tests.Testing;
using Fabric.Resources;
using Node.Testing;

namespace Fabric.Kube.Tests.Events;

public sealed class EventRecorderTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_statement_is_counted_and_another_is_another_event()
    {
        using var client = server.Connect();
        var pod = await client.Resource(ResourceTypes.Pods).CreateAsync(Samples.Pod("default", "spoken-of"), Token);
        var recorder = new EventRecorder(client, "test");
        using var stop = new CancellationTokenSource();
        _ = recorder.RunAsync(stop.Token);
        for (var i = 0; i < 3; i++)
            recorder.Warning(pod, "NoSubnet", "there is none");
        recorder.Normal(pod, "Ready", "it is");
        var events = client.Resource(ResourceTypes.Events);
        var options = new ListOptions { Namespace = "default", Fields = "involvedObject.name=spoken-of" };
        IReadOnlyList<Resources.Core.Event> found = [];
        while (found.Count < 2)
            found = (await events.ListAsync(options, Token)).Items;
        var warning = Assert.Single(found, entry => entry.Type == "Warning");
        Assert.Equal((3, "NoSubnet", "there is none", "test"), (warning.Count, warning.Reason, warning.Message, warning.Source!.Component));
        Assert.Equal(pod.Metadata.Uid, warning.InvolvedObject.Uid);
        await stop.CancelAsync();
    }

    [Fact]
    public void One_object_cannot_flood_the_store_and_may_speak_again_later()
    {
        var time = new ManualTime();
        var limit = new EventRateLimit(time);
        Assert.Equal(25, Enumerable.Range(0, 100).Count(_ => limit.Admit("loud")));
        Assert.True(limit.Admit("quiet"));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(limit.Admit("loud"));
        Assert.False(limit.Admit("loud"));
    }
}
