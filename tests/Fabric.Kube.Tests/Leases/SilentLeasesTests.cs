using Fabric.Kube.Leases;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Fabric.Kube.Tests.Leases;

public sealed class SilentLeasesTests
{
    private readonly ManualTime _time = new();
    private readonly SilentLeases _leases;

    public SilentLeasesTests() => _leases = new SilentLeases(_time);

    private static Lease Lease(string name, int version, int seconds = 15) => new()
    {
        Metadata = new ObjectMeta { Name = name, ResourceVersion = $"{version}" },
        // Wrong clocks must not matter.
        Spec = new LeaseSpec { LeaseDurationSeconds = seconds, RenewTime = new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero) },
    };

    private string[] Observe(params Lease[] leases) => [.. _leases.Observe(leases).Select(lease => lease.Metadata.Name!)];

    [Fact]
    public void A_lease_is_silent_when_it_was_seen_unchanged_for_its_own_duration()
    {
        Assert.Empty(Observe(Lease("a", 1), Lease("b", 1, seconds: 20)));
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Empty(Observe(Lease("a", 1), Lease("b", 1, seconds: 20)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["a"], Observe(Lease("a", 1), Lease("b", 1, seconds: 20)));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["a", "b"], Observe(Lease("a", 1), Lease("b", 1, seconds: 20)));
    }

    [Fact]
    public void A_renewal_begins_the_wait_anew()
    {
        Observe(Lease("a", 1));
        _time.Advance(TimeSpan.FromSeconds(14));
        Observe(Lease("a", 2));
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Empty(Observe(Lease("a", 2)));
    }

    [Fact]
    public void A_lease_that_went_and_came_back_is_new()
    {
        Observe(Lease("a", 1));
        Observe();
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(Observe(Lease("a", 1)));
    }

    [Fact]
    public void Silence_while_nothing_was_heard_counts_for_nothing()
    {
        Observe(Lease("a", 1));
        _time.Advance(TimeSpan.FromSeconds(20));
        _leases.Forget();
        Assert.Empty(Observe(Lease("a", 1)));
    }
}
