using System.Net.Sockets;
using System.Text.Json.Nodes;
using Lab.Runner.State;

namespace Lab.Runner.Qemu;

/// <summary>Hands a guest over to a QEMU that waits for it, or receives one, by QEMU's machine protocol (qapi/migration.json).</summary>
/// <param name="folder">The guest's folder.</param>
public sealed class GuestMigration(string folder)
{
    /// <summary>The socket of the protocol, beside the one by which guests are ended.</summary>
    internal const string Socket = "migrate.sock";

    /// <summary>Whether a guest is to be stopped for the end of its way: <see cref="EmulatedHandover"/>.</summary>
    public static bool IsStoppedFirst => !Acceleration.IsKvmUsable;

    /// <summary>Has a QEMU that was started as incoming wait for the guest at a unix socket.</summary>
    /// <exception cref="LabException">It does not, or not any more.</exception>
    public Task ListenAsync(string socket, CancellationToken cancellationToken) => WithAsync(
        qmp => qmp.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{socket}" }, cancellationToken), cancellationToken);

    /// <summary>Begins to hand the guest over; it goes on running here until nearly all of it is there.</summary>
    /// <param name="socket">Where whoever receives it is reached.</param>
    /// <param name="cancellationToken">Gives the call up, not the migration.</param>
    /// <exception cref="LabException">It cannot be begun.</exception>
    public Task BeginAsync(string socket, CancellationToken cancellationToken) => WithAsync(
        async qmp =>
        {
            if (IsStoppedFirst)
                await qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["downtime-limit"] = 1, ["max-bandwidth"] = 64 << 20 }, cancellationToken);
            return await qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{socket}" }, cancellationToken);
        },
        cancellationToken);

    /// <summary>Stops the guest for the rest of its way, which is then sent as fast as it can be.</summary>
    /// <exception cref="LabException">QEMU is gone.</exception>
    internal Task StopAsync(CancellationToken cancellationToken) => WithAsync(
        async qmp =>
        {
            await qmp.ExecuteAsync("stop", arguments: null, cancellationToken);
            return await qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["downtime-limit"] = 2_000_000, ["max-bandwidth"] = 10_000_000_000 }, cancellationToken);
        },
        cancellationToken);

    /// <summary>Has the guest run here, when all of it is here; one that runs goes on.</summary>
    /// <exception cref="LabException">QEMU is gone.</exception>
    public Task ContinueAsync(CancellationToken cancellationToken) => WithAsync(
        async qmp =>
        {
            while ((string?)(await qmp.ExecuteAsync("query-status", arguments: null, cancellationToken))?["status"] == "inmigrate")
                await Task.Delay(TimeSpan.FromMilliseconds(2), cancellationToken);
            return await qmp.ExecuteAsync("cont", arguments: null, cancellationToken);
        },
        cancellationToken);

    /// <summary>Gives the migration up: the guest goes on here. One that has ended already stays as it is.</summary>
    public Task CancelAsync(CancellationToken cancellationToken) => WithAsync(
        qmp => qmp.ExecuteAsync("migrate_cancel", arguments: null, cancellationToken), cancellationToken);

    /// <summary>How far handing over is.</summary>
    /// <exception cref="LabException">QEMU is gone.</exception>
    public async Task<GuestTransfer> ReadAsync(CancellationToken cancellationToken)
    {
        var info = await WithAsync(qmp => qmp.ExecuteAsync("query-migrate", arguments: null, cancellationToken), cancellationToken);
        return GuestTransfer.Of(info);
    }

    /// <summary>Whether the guest's processors run here.</summary>
    /// <exception cref="LabException">QEMU is gone.</exception>
    public async Task<bool> RunsAsync(CancellationToken cancellationToken)
    {
        var info = await WithAsync(qmp => qmp.ExecuteAsync("query-status", arguments: null, cancellationToken), cancellationToken);
        return (bool?)info?["running"] == true;
    }

    private async Task<JsonNode?> WithAsync(Func<QmpClient, Task<JsonNode?>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var qmp = await QmpClient.ConnectAsync(Path.Combine(folder, Socket), cancellationToken);
            return await work(qmp);
        }
        catch (SocketException e)
        {
            throw new LabException("the guest's QEMU is gone", e);
        }
    }
}

/// <summary>How far handing a guest over is.</summary>
public enum GuestTransferPhase
{
    /// <summary>None was begun.</summary>
    None,

    /// <summary>It goes on.</summary>
    Active,

    /// <summary>All of the guest is sent; whether it runs there only the other side knows.</summary>
    Completed,

    /// <summary>It failed or was given up: the guest goes on here.</summary>
    Failed,
}

/// <summary>What QEMU says of handing a guest over.</summary>
/// <param name="Phase">How far it is.</param>
/// <param name="Detail">QEMU's own word for it, and why it failed where it says so.</param>
/// <param name="DowntimeMilliseconds">For how long the guest stood still as far as the sending side knows.</param>
/// <param name="RemainingBytes">What of the guest's memory is still to be sent, as far as is known.</param>
public sealed record GuestTransfer(GuestTransferPhase Phase, string Detail, int? DowntimeMilliseconds = null, long RemainingBytes = 0)
{
    /// <summary>Reads QEMU's answer (MigrationInfo).</summary>
    internal static GuestTransfer Of(JsonNode? info)
    {
        var status = (string?)info?["status"] ?? "none";
        var detail = (string?)info?["error-desc"] is { } error ? $"{status}: {error}" : status;
        return new GuestTransfer(
            status switch
            {
                "none" => GuestTransferPhase.None,
                "completed" => GuestTransferPhase.Completed,
                "failed" or "cancelled" => GuestTransferPhase.Failed,
                _ => GuestTransferPhase.Active,
            },
            detail,
            (int?)info?["downtime"],
            (long?)info?["ram"]?["remaining"] ?? 0);
    }
}
