using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Lab.Runner.Qemu;
using Lab.Runner.State;

namespace Lab.Tests;

/// <summary>
/// A migration of the VM that stays where its target keeps frames until it is told to go on: the guest's memory goes there slowly. It has
/// ended when this is disposed of.
/// </summary>
internal sealed class SlowMigration : IAsyncDisposable
{
    // In bytes a second. The guest has some ten million, and zero pages, which are sent as one byte.
    private const int Slow = 64 << 10;
    private const int Usual = 64 << 20;

    private const int MostAttempts = 5;

    // At the usual rate it is under way for half a second.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly SharedLab _lab;
    private readonly MovingVm _vm;
    private readonly string _name;
    private JsonNode? _target;

    private SlowMigration(SharedLab lab, MovingVm vm, string name, JsonNode before, IReadOnlyList<string> claims) =>
        (_lab, _vm, _name, Before, Claims) = (lab, vm, name, before, claims);

    /// <summary>The Nic's status before.</summary>
    public JsonNode Before { get; }

    /// <summary>What was claimed before.</summary>
    public IReadOnlyList<string> Claims { get; }

    public string Address => ((string)Before["addresses"]![0]!).Split('/')[0];

    public string SourceNode => (string)Before["attachments"]![0]!["node"]!;

    public string TargetNode => (string)_target!["node"]!;

    public string TargetPod => (string)_target!["podName"]!;

    /// <summary>The QEMU that waits for the guest.</summary>
    public GuestMachine Target => GuestMachine.Open(_lab.Lab.Folder.Guest((string)_target!["podUid"]!)) ?? throw new InvalidOperationException("the target's QEMU is gone");

    private string SourceUid => (string)Before["attachments"]![0]!["podUid"]!;

    public static async Task<SlowMigration> BeginAsync(SharedLab lab, MovingVm vm, string name)
    {
        // On a busy machine the guest may have gone before this came to slow it down: then it is the other node that it leaves slowly.
        for (var attempt = 1; ; attempt++)
        {
            var migration = new SlowMigration(lab, vm, attempt == 1 ? name : $"{name}-{attempt}", await vm.StatusAsync(), await vm.ClaimsAsync());
            try
            {
                if (await migration.TryBeginAsync())
                {
                    return migration;
                }

                Assert.True(attempt < MostAttempts, "the guest goes each time before it is slowed down");
            }
            catch
            {
                await migration.DisposeAsync();
                throw;
            }

            await migration.DisposeAsync();
            await SharedLab.UntilAsync("the migration has ended", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] is "Converged" or "RolledBack");
            await vm.OnlyAsync((string)(await vm.StatusAsync())["node"]!);
        }
    }

    /// <summary>Has the rest of the guest go.</summary>
    public async Task GoOnAsync()
    {
        await using var qmp = await ConnectAsync(SourceUid);
        await SetRateAsync(qmp, Usual);
    }

    /// <summary>Waits until the guest runs on the target.</summary>
    /// <returns>When it was seen to, as <see cref="Stopwatch.GetTimestamp"/> tells the time.</returns>
    public async Task<long> ArrivalAsync()
    {
        await using var qmp = await ConnectAsync((string)_target!["podUid"]!);
        await SharedLab.UntilAsync("the guest runs on the target", async () => (bool)(await AskAsync(qmp, "query-status"))!["running"]!, Look);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Gives it up.</summary>
    public Task CancelAsync() => _lab.RunAsync("delete", "vmim", _name, "--ignore-not-found", "--timeout=50s");

    public async ValueTask DisposeAsync()
    {
        try
        {
            await GoOnAsync();
        }
        catch (Exception e) when (e is SocketException or LabException)
        {
            // The source has ended, as it should where the guest has gone.
        }

        await CancelAsync();
    }

    /// <returns>Whether the guest is slowly on its way; false when it has gone already, or stands still for the last of its way.</returns>
    private async Task<bool> TryBeginAsync()
    {
        await using (var qmp = await ConnectAsync(SourceUid))
        {
            await _vm.MigrateAsync(_name);
            try
            {
                await SharedLab.UntilAsync("the guest is on its way", async () => (string?)(await AskAsync(qmp, "query-migrate"))?["status"] == "active", Look);
                await SetRateAsync(qmp, Slow);
                if (!(bool)(await AskAsync(qmp, "query-status"))!["running"]!)
                {
                    return false;
                }
            }
            catch (LabException)
            {
                // The source has ended, as it does when the guest has gone.
                return false;
            }
        }

        await SharedLab.UntilAsync("the target keeps frames", async () =>
        {
            var seen = await _vm.StatusAsync();
            return IsHolding(seen) || (string?)seen["node"] != (string?)Before["node"];
        });
        var status = await _vm.StatusAsync();
        if (!IsHolding(status))
        {
            return false;
        }

        _target = status["attachments"]!.AsArray().Single(each => (string?)each!["podUid"] != SourceUid);
        return true;

        static bool IsHolding(JsonNode status) => (string?)status["migration"]?["phase"] == "Holding";
    }

    private Task<QmpClient> ConnectAsync(string launcher) => QmpClient.ConnectAsync(Path.Combine(_lab.Lab.Folder.Guest(launcher), "qmp.sock"), TestContext.Current.CancellationToken);

    private static Task<JsonNode?> SetRateAsync(QmpClient qmp, int rate) => AskAsync(qmp, "migrate-set-parameters", new JsonObject { ["max-bandwidth"] = rate });

    private static Task<JsonNode?> AskAsync(QmpClient qmp, string command, JsonObject? arguments = null) => qmp.ExecuteAsync(command, arguments, TestContext.Current.CancellationToken);
}
