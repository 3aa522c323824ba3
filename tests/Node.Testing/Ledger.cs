using System.Diagnostics;

namespace Node.Testing;

/// <summary>
/// What this run has made outside itself: namespaces, processes, folders. It is written down before it is made and
/// undone at the end, and what an earlier run left when it was killed is undone at the start of the next.
/// </summary>
public sealed class Ledger
{
    private static readonly string Home = Path.Combine(Path.GetTempPath(), "fabric-node-tests");
    private static readonly Lazy<Ledger> Instance = new(Open);

    private readonly Lock _turn = new();
    private readonly List<string> _lines = [];
    private readonly string _file;

    private Ledger(string file) => _file = file;

    public static Ledger Current => Instance.Value;

    public void Namespace(string name) => Append($"netns {name}");

    public void Folder(string path) => Append($"dir {path}");

    public void Process(int pid)
    {
        if (ProcessIdentity.TryGet(pid, out var identity))
            Append($"pid {identity.Pid} {identity.StartTicks}");
    }

    /// <summary>Strikes out what has been undone already.</summary>
    public void Gone(string line)
    {
        lock (_turn)
        {
            if (_lines.Remove(line))
                File.WriteAllLines(_file, _lines);
        }
    }

    private static Ledger Open()
    {
        Directory.CreateDirectory(Home);
        foreach (var file in Directory.GetFiles(Home, "*.ledger"))
        {
            var owner = Path.GetFileNameWithoutExtension(file).Split('-');
            if (owner.Length != 2 || !int.TryParse(owner[0], out var pid) || !ulong.TryParse(owner[1], out var ticks))
                continue;
            if (!new ProcessIdentity(pid, ticks).IsAlive)
                Undo(file);
        }

        var self = ProcessIdentity.Current;
        var ledger = new Ledger(Path.Combine(Home, $"{self.Pid}-{self.StartTicks}.ledger"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Undo(ledger._file);
        return ledger;
    }

    private void Append(string line)
    {
        lock (_turn)
        {
            _lines.Add(line);
            File.AppendAllLines(_file, [line]);
        }
    }

    private static void Undo(string file)
    {
        if (!File.Exists(file))
            return;
        foreach (var line in File.ReadAllLines(file).Reverse())
        {
            switch (line.Split(' ', 2))
            {
                case ["pid", var process]:
                    Kill(process.Split(' '));
                    break;
                case ["netns", var name] when File.Exists(TestNetns.PathOf(name)):
                    Command.TryRun("ip", "netns", "del", name);
                    break;
                case ["dir", var path] when Directory.Exists(path):
                    Directory.Delete(path, recursive: true);
                    break;
            }
        }

        File.Delete(file);
    }

    private static void Kill(string[] process)
    {
        var identity = new ProcessIdentity(int.Parse(process[0]), ulong.Parse(process[1]));
        if (!identity.IsAlive)
            return;
        try
        {
            using var victim = System.Diagnostics.Process.GetProcessById(identity.Pid);
            victim.Kill();
            victim.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            Debug.WriteLine($"process {identity.Pid} ended by itself: {e.Message}");
        }
    }
}
