using System.Text;
using System.Text.Json;

namespace Lab.Runner.State;

/// <summary>The append-only account of everything a lab makes, written and synced before each thing is made.</summary>
/// <remarks>
/// One JSON object a line. Each writing process has a file of its own, so that two never interleave. A process entry can
/// only be written once the process has a number; until then the cgroup it starts in answers for it.
/// </remarks>
public sealed class Ledger : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;

    private Ledger(FileStream file) => _file = file;

    /// <summary>Opens one writer's account in a lab's folder.</summary>
    /// <param name="folder">The lab's folder.</param>
    /// <param name="writer">Name of the writing process, e.g. <c>up</c>.</param>
    public static Ledger Open(string folder, string writer)
    {
        var file = new FileStream(Path.Combine(folder, $"ledger.{writer}.jsonl"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        long length = file.Seek(0, SeekOrigin.End);
        if (length > 0)
        {
            // A writer that was killed in the middle of a line leaves it open: it made nothing for it yet.
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }

        return new Ledger(file);
    }

    /// <summary>Writes an entry and returns when it is on disk.</summary>
    public void Add(LedgerEntry entry)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, LabJsonContext.Default.LedgerEntry), (byte)'\n'];
        lock (_gate)
        {
            _file.Write(line);
            _file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Reads the accounts of a lab, each in the order written; a line that was cut short is passed over.</summary>
    /// <param name="folder">The lab's folder.</param>
    /// <param name="writer">Only this writer's account; all by default.</param>
    public static IReadOnlyList<LedgerEntry> Read(string folder, string writer = "*")
    {
        var entries = new List<LedgerEntry>();
        foreach (string path in Directory.EnumerateFiles(folder, $"ledger.{writer}.jsonl").Order(StringComparer.Ordinal).Reverse())
        {
            // "up" sorts after "runner"; what the runner made stands on what "up" made and so comes later here.
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                if (Parse(line) is { } entry)
                {
                    entries.Add(entry);
                }
            }
        }

        return entries;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal static LedgerEntry? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, LabJsonContext.Default.LedgerEntry);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}
