using System.Net.Sockets;
using System.Text.Json;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Qemu;

/// <summary>A guest that QEMU runs. It goes on when this program ends, and <see cref="Open"/> finds it again.</summary>
public sealed class GuestMachine
{
    private const string ReadyMark = "LAB-GUEST-READY";

    // Measured: QEMU opens its sockets within 0.2 s; under load ten times that.
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(15);

    private readonly string _folder;

    private GuestMachine(string folder, ProcessIdentity process)
    {
        _folder = folder;
        Process = process;
        Commands = new GuestCommands(Path.Combine(folder, "exec.sock"));
    }

    /// <summary>QEMU's process.</summary>
    public ProcessIdentity Process { get; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Process.IsAlive;

    /// <summary>Hands guests over: see <see cref="GuestMigration"/>.</summary>
    public GuestMigration Migration => new(_folder);

    /// <summary>The unix socket of its serial console.</summary>
    public string ConsoleSocket => Path.Combine(_folder, "console.sock");

    /// <summary>What its console printed.</summary>
    public string ConsoleLog => Path.Combine(_folder, "console.log");

    /// <summary>Runs commands inside.</summary>
    public GuestCommands Commands { get; }

    /// <summary>Starts a guest and returns as soon as QEMU answers; the guest still boots.</summary>
    /// <exception cref="LabException">QEMU did not start; the message has the end of its log.</exception>
    public static async Task<GuestMachine> StartAsync(GuestStart start, Launcher launcher, CancellationToken cancellationToken)
    {
        LabFolder.Make(start.Folder);
        var daemon = new DaemonStart(
            start.Name, "qemu-system-x86_64", Arguments(start), Path.Combine(start.Folder, "qemu.log"), start.NetworkNamespace);
        var process = await launcher.StartAsync(daemon, cancellationToken);
        var qmp = Path.Combine(start.Folder, "qmp.sock");
        await Launcher.WaitReadyAsync(daemon, process, ct => AnswersAsync(qmp, ct), StartDeadline, cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(start.Folder, "process.json"),
            JsonSerializer.Serialize(new GuestRecord(process.Pid, process.StartTicks), GuestJson.Default.GuestRecord),
            cancellationToken);
        return new GuestMachine(start.Folder, process);
    }

    /// <summary>Finds a guest that was started before.</summary>
    /// <returns>Null when there is none in the folder or it has ended.</returns>
    public static GuestMachine? Open(string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, "process.json")), GuestJson.Default.GuestRecord);
            var machine = record is null ? null : new GuestMachine(folder, new ProcessIdentity(record.Pid, record.StartTicks));
            return machine is { IsRunning: true } ? machine : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether the guest has said that its network is up.</summary>
    public bool IsReady()
    {
        try
        {
            using var log = new FileStream(ConsoleLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd().Contains(ReadyMark, StringComparison.Ordinal);
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Waits until the guest says that its network is up.</summary>
    /// <returns>False when it ended or did not say so in time.</returns>
    public async Task<bool> WaitReadyAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        await Until.TrueAsync(() => IsReady() || !IsRunning, deadline, cancellationToken);
        return IsReady() && IsRunning;
    }

    /// <summary>Waits until QEMU has ended, for whatever reason.</summary>
    public async Task WaitExitAsync(CancellationToken cancellationToken)
    {
        while (!await Process.EndedWithinAsync(TimeSpan.FromMinutes(1), cancellationToken))
        {
            // EndedWithin has a deadline, a guest has none.
        }
    }

    /// <summary>
    /// Asks the guest to power off, and ends QEMU when it has not after <paramref name="grace"/>. A guest that is gone is no
    /// error.
    /// </summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (grace > TimeSpan.Zero && IsRunning)
        {
            try
            {
                await Commands.RunAsync(["poweroff", "-f"], grace, cancellationToken);
            }
            catch (LabException)
            {
                // It went before it answered, which is what was asked for, or it does not listen, which quit mends.
            }

            if (await Process.EndedWithinAsync(grace, cancellationToken))
            {
                return;
            }
        }

        await QuitAsync(cancellationToken);
        await Process.StopAsync(TimeSpan.FromSeconds(2), cancellationToken);
    }

    private async Task QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var qmp = await QmpClient.ConnectAsync(Path.Combine(_folder, "qmp.sock"), cancellationToken);
            await qmp.ExecuteAsync("quit", arguments: null, cancellationToken);
            await Process.EndedWithinAsync(TimeSpan.FromSeconds(2), cancellationToken);
        }
        catch (Exception e) when (e is SocketException or LabException)
        {
            // Gone already, or stuck: the signal that follows ends it.
        }
    }

    private static async Task<bool> AnswersAsync(string qmp, CancellationToken cancellationToken)
    {
        try
        {
            await using var client = await QmpClient.ConnectAsync(qmp, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is SocketException or LabException)
        {
            return false;
        }
    }

    private static IReadOnlyList<string> Arguments(GuestStart start)
    {
        // Measured: these keep an emulated guest's boot at 2.6 to 4.9 s.
        const string Kernel = "console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check mitigations=off nokaslr"
            + " cryptomgr.notests random.trust_cpu=on audit=0 nowatchdog";
        string[] nics = [.. start.Nics.SelectMany((nic, n) => new[]
        {
            "-netdev", $"tap,id=n{n},ifname={nic.Tap},script=no,downscript=no,vhost=off",
            "-device", $"virtio-net-pci,netdev=n{n},mac={nic.MacAddress},romfile=,id=nic{n}",
        })];
        var ipv6 = string.Concat(start.Nics.Select((nic, n) => nic.StaticIpv6 is { } told ? $" lab.ipv6.eth{n}={told.Address},{told.Gateway}" : ""));
        return
        [
            "-name", start.Name, .. Acceleration.Arguments, "-M", "q35", "-m", $"{start.MemoryMiB}", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-kernel", start.Image.Kernel, "-initrd", start.Image.Initramfs,
            "-append", $"{Kernel} lab.hostname={start.Hostname} lab.nics={start.Nics.Count}{ipv6}",
            .. nics,
            "-qmp", $"unix:{start.Folder}/qmp.sock,server=on,wait=off",
            // A second one, so that who hands the guest over does not keep others from ending it.
            "-qmp", $"unix:{start.Folder}/{GuestMigration.Socket},server=on,wait=off",
            // Appended to: a guest that came from elsewhere goes on with what it had printed there.
            "-chardev", $"socket,id=console,path={start.Folder}/console.sock,server=on,wait=off,logfile={start.Folder}/console.log,logappend=on",
            "-serial", "chardev:console",
            "-chardev", $"socket,id=exec,path={start.Folder}/exec.sock,server=on,wait=off", "-serial", "chardev:exec",
            .. start.IsIncoming ? (ReadOnlySpan<string>)["-incoming", "defer"] : [],
        ];
    }
}
