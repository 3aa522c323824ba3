using System.Globalization;

namespace Lab.Runner.Processes;

/// <summary>A control group of the same name in every mounted hierarchy: the box that everything of a lab runs in.</summary>
/// <remarks>
/// Children inherit their parent's group, so whatever a lab's processes start is found here even when nobody recorded it:
/// cgroups(7). Works with the unified hierarchy (v2), with v1, and with both mounted at once.
/// </remarks>
public sealed class Cgroup
{
    private static readonly TimeSpan EmptyDeadline = TimeSpan.FromSeconds(5);
    private readonly IReadOnlyList<string> _folders;

    private Cgroup(string name, IReadOnlyList<string> mounts)
    {
        Name = name;
        _folders = [.. mounts.Select(m => $"{m}/{name}")];
    }

    /// <summary>Path below each hierarchy's mount point.</summary>
    public string Name { get; }

    /// <summary>The group that the lab's own daemons run in: a leaf, because v2 allows processes only there.</summary>
    /// <remarks>One hierarchy is enough to find them again; the unified one is preferred.</remarks>
    internal string DaemonsFile => $"{_folders[0]}/daemons/cgroup.procs";

    /// <summary>Names a group; nothing is made yet.</summary>
    /// <exception cref="State.LabException">No cgroup hierarchy is mounted.</exception>
    public static Cgroup Named(string name)
    {
        IReadOnlyList<string> mounts = Mounts(File.ReadLines("/proc/self/mountinfo"));
        return mounts.Count > 0
            ? new Cgroup(name, mounts)
            : throw new State.LabException("no cgroup hierarchy is mounted under /sys/fs/cgroup; the container runtime needs one");
    }

    /// <summary>Makes the group for the lab's own daemons.</summary>
    public void Create() => Directory.CreateDirectory(Path.GetDirectoryName(DaemonsFile)!);

    /// <summary>All processes in the group and in those beneath it.</summary>
    public IReadOnlyCollection<int> Processes()
    {
        var pids = new HashSet<int>();
        foreach (string folder in _folders.Where(Directory.Exists))
        {
            foreach (string group in Tree(folder))
            {
                foreach (string line in ReadLines($"{group}/cgroup.procs"))
                {
                    if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
                    {
                        pids.Add(pid);
                    }
                }
            }
        }

        return pids;
    }

    /// <summary>Ends everything in the group, also what it starts meanwhile, and removes the group. Nothing there is no error.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        bool empty = await Until.TrueAsync(
            () =>
            {
                IReadOnlyCollection<int> left = Processes();
                foreach (int pid in left)
                {
                    // The kernel says that it is in our group at this instant; a number cannot be reused while it is listed.
                    _ = Interop.Libc.Kill(pid, Interop.Libc.SigKill);
                }

                return left.Count == 0;
            },
            EmptyDeadline,
            cancellationToken);
        if (!empty)
        {
            throw new State.LabException($"processes in cgroup {Name} do not end after SIGKILL: {string.Join(", ", Processes())}");
        }

        foreach (string folder in _folders.Where(Directory.Exists))
        {
            foreach (string group in Tree(folder).Reverse())
            {
                // The kernel may hold a group for an instant after its last process has gone (EBUSY).
                await Until.TrueAsync(() => TryRemove(group), EmptyDeadline, cancellationToken);
            }
        }
    }

    /// <summary>Mount points of all hierarchies, the unified one first, from the lines of <c>/proc/PID/mountinfo</c>.</summary>
    internal static IReadOnlyList<string> Mounts(IEnumerable<string> mountInfo)
    {
        var found = new List<(bool Unified, string Path)>();
        foreach (string line in mountInfo)
        {
            string[] halves = line.Split(" - ", 2);
            string[] mount = halves[0].Split(' ');
            if (halves.Length == 2 && mount.Length > 4 && halves[1].Split(' ')[0] is "cgroup" or "cgroup2")
            {
                found.Add((halves[1].StartsWith("cgroup2 ", StringComparison.Ordinal), mount[4]));
            }
        }

        return [.. found.OrderByDescending(f => f.Unified).Select(f => f.Path).Distinct(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Tree(string folder)
    {
        yield return folder;
        string[] children = [];
        try
        {
            children = Directory.GetDirectories(folder);
        }
        catch (DirectoryNotFoundException)
        {
            // Removed while we looked.
        }

        foreach (string group in children.SelectMany(Tree))
        {
            yield return group;
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            // Removed while we looked, or a v2 group of threads whose list cannot be read; its parent lists them.
            return [];
        }
    }

    private static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
