using System.Net.Sockets;
using Fabric.Resources;
using Lab.Runner.Guest;
using Lab.Runner.Processes;
using Lab.Runner.Qemu;
using Lab.Runner.State;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster.Guests;

/// <summary>The lab's guests, one folder each, named by the uid of the launcher pod; whatever is known of a guest is read from there and from its process.</summary>
/// <param name="folder">The folder of the guests' folders.</param>
/// <param name="nodes">The lab's nodes, between which guests go.</param>
/// <param name="image">What they boot.</param>
/// <param name="launcher">Starts and records their processes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what went wrong while watching.</param>
internal sealed partial class QemuGuests(string folder, IReadOnlyList<NodeRecord> nodes, GuestImage image, Launcher launcher, TimeProvider time, ILogger logger) : IGuests
{
    /// <summary>Holds the key of the guest's instance; written before the guest is started.</summary>
    private const string KeyFile = "instance";

    /// <summary>What the kernel says last when its guest shut it down, also with <c>quiet</c>: it is an emergency message.</summary>
    private const string PowerDownMark = "reboot: Power down";

    private const int ConsoleTail = 4096;

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan PressDeadline = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly List<Action<ObjectKey>> _subscribers = [];

    /// <summary>Looks after the guests until cancelled and tells who came up or ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, Guest>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(LookPeriod, time);
        do
        {
            var now = (await ListAsync(cancellationToken)).ToDictionary(each => each.Uid, StringComparer.Ordinal);
            foreach (var guest in now.Values.Where(each => known.GetValueOrDefault(each.Uid)?.Phase != each.Phase))
                Tell(guest.Key);
            known = now;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    public Task<IReadOnlyList<Guest>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Guest> guests = Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(TryLook).OfType<Guest>()] : [];
        return Task.FromResult(guests);
    }

    public async Task StartAsync(GuestWish wish, CancellationToken cancellationToken)
    {
        var own = Path.Combine(folder, wish.Uid);
        if (TryLook(own) is { IsRunning: true })
            return;

        // Started just before a crash and not recorded: it would hold the tap.
        await QuitAsync(own, cancellationToken);
        Clear(own);
        try
        {
            Directory.CreateDirectory(own, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(Path.Combine(own, KeyFile), wish.Key.ToString(), cancellationToken);
            var start = new GuestStart
            {
                Name = $"guest {wish.Key}",
                Hostname = wish.Hostname,
                Folder = own,
                NetworkNamespace = wish.NetworkNamespace,
                Nics = [.. wish.Nics.Select(each => new Runner.Qemu.GuestNic(each.Tap, each.Mac.ToString(), each.StaticIpv6))],
                MemoryMiB = wish.MemoryMiB,
                Image = image,
                IsIncoming = wish.From is not null,
            };
            CopyConsole(wish.From, own);
            await GuestMachine.StartAsync(start, launcher, cancellationToken);
        }
        catch (Exception e) when (e is LabException or ToolException or IOException)
        {
            await QuitAsync(own, cancellationToken);
            Clear(own);
            throw new GuestException(e.Message, e);
        }
    }

    public async Task PowerDownAsync(string uid, CancellationToken cancellationToken)
    {
        if (GuestMachine.Open(Path.Combine(folder, uid)) is not { } machine)
            return;
        try
        {
            // The guest listens on its second serial line; it has nothing that hears an ACPI power button.
            await machine.Commands.RunAsync(["poweroff", "-f"], PressDeadline, cancellationToken);
        }
        catch (LabException e)
        {
            // It went before it answered, which is what was asked for; or it still boots, and is asked again.
            logger.LogDebug("guest {Uid} did not answer the power button: {Message}", uid, e.Message);
        }
    }

    public async Task KillAsync(string uid, CancellationToken cancellationToken)
    {
        var own = Path.Combine(folder, uid);
        if (GuestMachine.Open(own) is { } machine)
            await machine.StopAsync(TimeSpan.Zero, cancellationToken);
        else
            await QuitAsync(own, cancellationToken);
        Clear(own);
    }

    public IDisposable Subscribe(Action<ObjectKey> changed)
    {
        lock (_gate)
            _subscribers.Add(changed);
        return new Subscription(this, changed);
    }

    /// <returns>Null when no guest was ever started there, or it is being forgotten.</returns>
    private static Guest? TryLook(string own)
    {
        try
        {
            return Look(own);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static Guest? Look(string own)
    {
        if (ReadKey(own) is not { } key || !File.Exists(Path.Combine(own, "process.json")))
            return null;
        var machine = GuestMachine.Open(own);
        var tail = machine is null ? ReadTail(Path.Combine(own, "console.log")) : "";
        var shutDown = tail.Contains(PowerDownMark, StringComparison.Ordinal);
        return new Guest
        {
            Uid = Path.GetFileName(own),
            Key = key,
            Phase = machine is null ? shutDown ? GuestPhase.ShutDown : GuestPhase.Crashed : machine.IsReady() ? GuestPhase.Up : GuestPhase.Booting,
            StartedAt = new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(own, KeyFile))),
            End = machine is not null || shutDown ? null : $"QEMU ended and the guest had not shut down; the end of its console: {Printable(tail)}",
        };
    }

    private static ObjectKey? ReadKey(string own)
    {
        try
        {
            return File.ReadAllText(Path.Combine(own, KeyFile)) is { Length: > 0 } text ? ObjectKey.Parse(text) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static string ReadTail(string path)
    {
        try
        {
            using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log.Seek(-Math.Min(log.Length, ConsoleTail), SeekOrigin.End);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd();
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    private static string Printable(string console) =>
        string.Join(" | ", string.Concat(console.Where(each => each == '\n' || !char.IsControl(each))).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));

    private static async Task QuitAsync(string own, CancellationToken cancellationToken)
    {
        var socket = Path.Combine(own, "qmp.sock");
        if (!File.Exists(socket))
            return;
        try
        {
            await using var qmp = await QmpClient.ConnectAsync(socket, cancellationToken);
            await qmp.ExecuteAsync("quit", arguments: null, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or LabException)
        {
            // Nobody listens: the socket of one that has ended.
        }
    }

    private static void Clear(string own)
    {
        if (Directory.Exists(own))
            Directory.Delete(own, recursive: true);
    }

    private void Tell(ObjectKey key)
    {
        Action<ObjectKey>[] subscribers;
        lock (_gate)
            subscribers = [.. _subscribers];
        foreach (var subscriber in subscribers)
            subscriber(key);
    }

    private sealed class Subscription(QemuGuests guests, Action<ObjectKey> changed) : IDisposable
    {
        public void Dispose()
        {
            lock (guests._gate)
                guests._subscribers.Remove(changed);
        }
    }
}
