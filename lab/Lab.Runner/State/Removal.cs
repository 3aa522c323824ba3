using Lab.Runner.Interop;
using Lab.Runner.Processes;

namespace Lab.Runner.State;

/// <summary>Takes a lab down by what was recorded and by nothing else.</summary>
/// <remarks>Every step accepts that its thing is gone already, so a removal that was itself killed is simply run again.</remarks>
public static class Removal
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Removes everything recorded in a lab's folder, newest first, and the folder last.</summary>
    /// <exception cref="LabException">Something could not be removed; the rest was, and the folder stays so that it can be tried again.</exception>
    public static async Task RunAsync(LabFolder folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder.Path))
        {
            return;
        }

        IReadOnlyList<LedgerEntry> entries = Ledger.Read(folder.Path);
        IReadOnlyList<string> outside = ShimSockets(folder.Path);
        var failures = new List<Exception>();
        await StopAllAsync(entries, failures, cancellationToken);
        foreach (LedgerEntry entry in Order(entries))
        {
            try
            {
                await RemoveAsync(entry, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(e);
            }
        }

        foreach (string socket in outside)
        {
            File.Delete(socket);
        }

        if (failures.Count > 0)
        {
            throw new LabException(
                $"lab {folder.Id} is only partly down; `fabric lab down {folder.Id}` again may finish it:\n  {string.Join("\n  ", failures.Select(f => f.Message))}",
                failures[0]);
        }

        DeleteFolder(folder.Path);
    }

    /// <summary>The box of processes first (something in it might mend what is being removed), then all else, newest first.</summary>
    internal static IEnumerable<LedgerEntry> Order(IReadOnlyList<LedgerEntry> entries)
    {
        LedgerEntry[] newestFirst = [.. entries.Where(e => e is not (ProcessMade or ProcessReleased)).Reverse()];
        return newestFirst.Where(e => e is CgroupMade).Concat(newestFirst.Where(e => e is not CgroupMade));
    }

    /// <summary>Mount points at or below a folder, deepest first, from the lines of <c>/proc/PID/mountinfo</c>.</summary>
    internal static IReadOnlyList<string> MountsBelow(string folder, IEnumerable<string> mountInfo) =>
        [.. mountInfo
            .Select(line => line.Split(' '))
            .Where(fields => fields.Length > 4)
            .Select(fields => Unescape(fields[4]))
            .Where(path => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal))
            .Reverse()];

    private static async Task StopAllAsync(IReadOnlyList<LedgerEntry> entries, List<Exception> failures, CancellationToken cancellationToken)
    {
        // A program that brings a lab up may take down what it made after a failure; it is recorded too.
        HashSet<int> spared = [Environment.ProcessId, .. entries.OfType<ProcessReleased>().Select(r => r.Pid)];
        Task[] stops = [.. entries.OfType<ProcessMade>().Where(p => !spared.Contains(p.Pid)).Select(p => new ProcessIdentity(p.Pid, p.StartTicks).StopAsync(Grace, cancellationToken))];
        try
        {
            await Task.WhenAll(stops);
        }
        catch (InvalidOperationException)
        {
            failures.AddRange(stops.Where(s => s.IsFaulted).Select(s => s.Exception!.GetBaseException()));
        }
    }

    private static async Task RemoveAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        switch (entry)
        {
            case CgroupMade made:
                await Cgroup.Named(made.Name).RemoveAsync(cancellationToken);
                break;
            case NamespaceMade made when File.Exists($"/run/netns/{made.Name}"):
                await Tool.RunAsync("ip", ["netns", "delete", made.Name], cancellationToken);
                break;
            case FileMade made:
                File.Delete(made.Path);
                break;
            default:
                break;
        }
    }

    // containerd's shims keep their sockets in a fixed folder and name each in a file of their bundle; a killed shim leaves its socket.
    private static IReadOnlyList<string> ShimSockets(string folder) =>
        [.. Directory.EnumerateDirectories(folder)
            .Select(node => $"{node}/containerd/state/io.containerd.runtime.v2.task/k8s.io")
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(bundle => $"{bundle}/address")
            .Where(File.Exists)
            .Select(address => File.ReadAllText(address).Trim())
            .Where(address => address.StartsWith("unix:///run/containerd/s/", StringComparison.Ordinal))
            .Select(address => address["unix://".Length..])];

    private static void DeleteFolder(string folder)
    {
        foreach (string mount in MountsBelow(folder, File.ReadLines("/proc/self/mountinfo")))
        {
            _ = Libc.Unmount(mount, Libc.MountDetach);
        }

        if (MountsBelow(folder, File.ReadLines("/proc/self/mountinfo")) is [var left, ..])
        {
            throw new LabException($"{left} cannot be unmounted");
        }

        Directory.Delete(folder, recursive: true);
    }

    // mountinfo writes blanks in paths as octal escapes (proc(5)).
    private static string Unescape(string path) =>
        path.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
