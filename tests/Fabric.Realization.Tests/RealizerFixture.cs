using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

/// <summary>A real northbound database, a realizer, and a client that plays everybody else.</summary>
internal sealed class RealizerFixture : IAsyncDisposable
{
    private OvsdbClient _client = null!;

    internal OvsdbServer Server { get; private init; } = null!;

    internal NorthboundRealizer Realizer { get; private set; } = null!;

    internal OvsdbClient Other { get; private set; } = null!;

    internal static CancellationToken Deadline => Clients.Deadline;

    /// <summary>For a sweep by the only one who wants anything.</summary>
    internal static Func<RowOwner, CancellationToken, ValueTask<bool>> NoneExists => (_, _) => ValueTask.FromResult(false);

    internal string Dump => NorthboundDump.Of(Other.Snapshot);

    internal IPortGroups? Groups { get; private init; }

    internal static async Task<RealizerFixture> StartAsync(IPortGroups? groups = null)
    {
        var fixture = new RealizerFixture { Server = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema), Groups = groups };
        fixture.Other = await fixture.Server.ConnectAsync();
        fixture.StartRealizer();
        return fixture;
    }

    internal async Task RestartRealizerAsync()
    {
        await StopRealizerAsync();
        StartRealizer();
    }

    internal async Task StopRealizerAsync()
    {
        await Realizer.DisposeAsync();
        await _client.DisposeAsync();
    }

    internal async Task<RealizationOutcome> ApplyAsync(object wanted) => wanted switch
    {
        Resources.Vpc vpc => await Realizer.ApplyAsync(vpc, Deadline),
        Resources.Subnet subnet => await Realizer.ApplyAsync(subnet, Deadline),
        Resources.Nic nic => await Realizer.ApplyAsync(nic, Deadline),
        _ => throw new ArgumentException("No kind of object that has rows.", nameof(wanted)),
    };

    internal async Task ApplyAllAsync(params object[] objects)
    {
        foreach (var outcome in await Task.WhenAll(objects.Select(ApplyAsync)))
        {
            Assert.IsType<RealizationOutcome.Realized>(outcome);
        }
    }

    /// <summary>Waits until the whole database is as expected.</summary>
    internal async Task ExpectAsync(string dump)
    {
        try
        {
            await Other.Replica.WaitUntilAsync(snapshot => NorthboundDump.Of(snapshot) == dump, Deadline);
        }
        catch (OperationCanceledException)
        {
            Assert.Equal(dump, Dump);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopRealizerAsync();
        await Other.DisposeAsync();
        await Server.DisposeAsync();
    }

    private void StartRealizer()
    {
        _client = new(NorthboundRealizer.Options([Server.Endpoint], NullLogger.Instance) with
        {
            MinBackoff = TimeSpan.FromMilliseconds(5),
            MaxBackoff = TimeSpan.FromMilliseconds(50),
        });
        Realizer = new(_client, new(), TimeProvider.System, NullLogger<NorthboundRealizer>.Instance, Groups);
    }
}
