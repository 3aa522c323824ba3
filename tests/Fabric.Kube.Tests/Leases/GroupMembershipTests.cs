using System.Collections.Concurrent;
using Fabric.Kube.Leases;
using Fabric.Kube.Tests.Testing;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Fabric.Kube.Tests.Leases;

public sealed class GroupMembershipTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Longer than a test takes: nobody that stands still for a while is taken for gone.
    private const int LongLease = 120;

    private Member Join(string group, string identity, int seconds = 1) => new(server.Connect(), group, identity, seconds);

    [Fact]
    public async Task A_member_counts_at_once_and_all_see_the_same_members()
    {
        await using var a = Join("together", "a");
        await a.SeesAsync("a");
        await using var b = Join("together", "b");
        await using var stranger = Join("others", "c");
        await b.SeesAsync("a", "b");
        await a.SeesAsync("a", "b");
        await stranger.SeesAsync("c");
    }

    [Fact]
    public async Task Who_leaves_is_gone_at_once()
    {
        await using var a = Join("leaving", "a", LongLease);
        var b = Join("leaving", "b", LongLease);
        await a.SeesAsync("a", "b");
        await b.DisposeAsync();
        Assert.Null(await a.Leases.GetAsync(new ObjectKey("kube-system", "leaving-b"), Token));
        await a.SeesAsync("a");
    }

    [Fact]
    public async Task Who_is_silent_is_removed_after_its_lease_and_not_before()
    {
        await using var a = Join("silence", "a");
        await a.SeesAsync("a");
        var since = TimeProvider.System.GetTimestamp();
        await a.Leases.CreateAsync(NewLease("silence", "dead", seconds: 1), Token);
        // It may be over when this looks.
        await Eventually.HoldsAsync(() => a.Views.Any(view => view.Members.SequenceEqual(["a", "dead"])));
        await a.SeesAsync("a");
        Assert.True(TimeProvider.System.GetElapsedTime(since) >= TimeSpan.FromSeconds(1));
        Assert.Null(await a.Leases.GetAsync(new ObjectKey("kube-system", "silence-dead"), Token));
    }

    [Fact]
    public async Task Who_comes_back_under_its_name_goes_on_with_its_old_lease()
    {
        await using var a = Join("return", "a", LongLease);
        await a.SeesAsync("a");
        await a.Leases.CreateAsync(NewLease("return", "b", seconds: 3600), Token);
        await using var b = Join("return", "b", LongLease);
        await b.SeesAsync("a", "b");
        var lease = await a.Leases.GetAsync(new ObjectKey("kube-system", "return-b"), Token);
        Assert.Equal((LongLease, 1), (lease!.Spec!.LeaseDurationSeconds, lease.Spec.LeaseTransitions));
    }

    [Fact]
    public async Task The_elder_of_two_with_one_identity_ends_and_leaves_the_lease_to_the_younger()
    {
        var elder = Join("twins", "a");
        await elder.SeesAsync("a");
        await using var younger = Join("twins", "a");
        await younger.SeesAsync("a");
        var e = await Assert.ThrowsAsync<IdentityTakenException>(() => elder.Run);
        Assert.Equal("a", e.Identity);
        await Assert.ThrowsAsync<IdentityTakenException>(async () => await elder.DisposeAsync());
        Assert.NotNull(await younger.Leases.GetAsync(new ObjectKey("kube-system", "twins-a"), Token));
    }

    [Fact]
    public async Task Who_was_taken_for_gone_comes_back_in_another_term()
    {
        await using var a = Join("terms", "a");
        await a.SeesAsync("a");
        var before = a.Views.Last();
        await a.Leases.DeleteAsync(new ObjectKey("kube-system", "terms-a"), null, Token);
        await Eventually.HoldsAsync(() => a.Views.Last() is { IsMember: true } view && view.Term != before.Term);
    }

    [Fact]
    public async Task Who_cannot_renew_is_no_member_until_it_can_again_and_is_not_taken_for_gone_by_one_who_could_not_either()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-group-").FullName;
        var api = await RestartableServer.StartAsync(folder);
        try
        {
            await using var a = new Member(api.Connect(), "outage", "a", seconds: 3);
            await using var b = new Member(api.Connect(), "outage", "b", seconds: 3);
            await a.SeesAsync("a", "b");
            await b.SeesAsync("a", "b");
            var term = (a.Views.Last().Term, b.Views.Last().Term);
            await api.StopAsync();
            await Eventually.HoldsAsync(() => !a.Views.Last().IsMember && !b.Views.Last().IsMember);
            await api.ResumeAsync();
            await a.SeesAsync("a", "b");
            await b.SeesAsync("a", "b");
            Assert.Equal(term, (a.Views.Last().Term, b.Views.Last().Term));
        }
        finally
        {
            await api.StopAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Lease NewLease(string group, string identity, int seconds) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = $"{group}-{identity}",
            Namespace = "kube-system",
            Labels = [KeyValuePair.Create("fabric.vmnet.io/identity", group)],
        },
        Spec = new LeaseSpec { HolderIdentity = $"{identity}_before", LeaseDurationSeconds = seconds },
    };

    private sealed class Member : IAsyncDisposable
    {
        private readonly KubeClient _client;
        private readonly CancellationTokenSource _end = new();

        public Member(KubeClient client, string group, string identity, int seconds = 1)
        {
            _client = client;
            Run = new GroupMembership(client, new GroupOptions { Group = group, Identity = identity, Duration = TimeSpan.FromSeconds(seconds) })
                .RunAsync(Views.Enqueue, _end.Token);
        }

        public ConcurrentQueue<GroupView> Views { get; } = new();

        public Task Run { get; }

        public KubeResource<Lease> Leases => _client.Resource(ResourceTypes.Leases);

        public Task SeesAsync(params string[] members) =>
            Eventually.HoldsAsync(() => Views.LastOrDefault() is { IsMember: true } view && view.Members.SequenceEqual(members));

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            try
            {
                await Run;
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }
            _end.Dispose();
            _client.Dispose();
        }
    }
}
