using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Cni.Agent.Attaching;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Journal;

/// <summary>
/// The attachments of this node: a file each, and all of them in memory. A write is whole or not there: written aside and renamed. A
/// file that cannot be read all the same is put aside for people to look at: what it stood for is found by other ways, its
/// devices by their names and its line in the Nic's status because no journal knows it.
/// </summary>
/// <remarks>
/// Writes are not flushed to the disk. They outlive the agent's end, which is what the journal is for; a crash of the whole machine
/// may lose the last of them, but it takes the containers and their devices with it, and what then stays, rows of the switch and lines
/// of Nics, is found by its owner's name.
/// Each write has a name of its own, with a number that grows, and the file before goes after it: a rename over a file that is there
/// has ext4 write the new one out at once (mount option <c>auto_da_alloc</c>, ext4(5)), which takes ten times as long.
/// </remarks>
internal sealed class AttachmentJournal
{
    private const string Extension = ".json";

    private const string Unreadable = ".unreadable";

    private const string Aside = ".new";

    private readonly string _folder;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<AttachmentKey, AttachmentRecord> _records = new();
    private readonly ConcurrentDictionary<AttachmentKey, string> _files = new();
    private long _lastWrite;

    /// <summary>Opens the journal, made if it is not there, and reads it.</summary>
    internal AttachmentJournal(string folder, ILogger logger)
    {
        _folder = folder;
        _logger = logger;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // An agent was ended while it wrote these: what they were to take the place of counts.
        foreach (var aside in Directory.GetFiles(_folder, "*" + Extension + Aside))
        {
            File.Delete(aside);
        }

        foreach (var (file, number) in Directory.GetFiles(_folder, "*" + Extension).Select(file => (file, NumberOf(file))).OrderBy(each => each.Item2))
        {
            _lastWrite = Math.Max(_lastWrite, number);
            if (Read(file) is { } record)
            {
                Take(record, file);
            }
        }
    }

    /// <summary>All attachments.</summary>
    internal IReadOnlyList<AttachmentRecord> ReadAll() => [.. _records.Values];

    /// <summary>One attachment, or null.</summary>
    internal AttachmentRecord? Find(AttachmentKey key) => _records.GetValueOrDefault(key);

    /// <summary>The attachments that have or had a port of the switch.</summary>
    internal IEnumerable<AttachmentRecord> OfPort(string port) => _records.Values.Where(record => (record.SwitchPort ?? DeviceNames.Of(record).SwitchPort) == port);

    /// <summary>Keeps <paramref name="record"/>.</summary>
    /// <exception cref="IOException">It cannot be written, as when the disk is full; what was there before is still there.</exception>
    internal void Write(AttachmentRecord record)
    {
        var path = Path.Combine(_folder, $"{DeviceNames.StemOf(record.Key)}.{Interlocked.Increment(ref _lastWrite)}{Extension}");
        var aside = path + Aside;
        try
        {
            File.WriteAllBytes(aside, JsonSerializer.SerializeToUtf8Bytes(record, JournalJson.Default.AttachmentRecord));
            File.Move(aside, path);
        }
        catch (IOException e)
        {
            File.Delete(aside);
            throw new IOException($"the journal of attachments in {_folder} cannot be written: {e.Message}", e);
        }

        Take(record, path);
    }

    /// <summary>
    /// As <see cref="Write"/>, for a removal: that goes on when nothing can be written. An agent that finds the mark of before
    /// finds no devices either, and removes what is left.
    /// </summary>
    internal void WriteOrRemember(AttachmentRecord record)
    {
        try
        {
            Write(record);
        }
        catch (IOException e)
        {
            _logger.LogWarning("The mark of {Container} is kept in memory only: {Message}", record.ContainerId, e.Message);
            _records[record.Key] = record;
        }
    }

    /// <summary>Forgets an attachment; nothing happens when it is not there.</summary>
    internal void Remove(AttachmentKey key)
    {
        if (_files.TryRemove(key, out var file))
        {
            File.Delete(file);
        }

        _records.TryRemove(key, out _);
    }

    /// <summary>A later write takes the place of the one before, also when an agent ended between the two.</summary>
    private void Take(AttachmentRecord record, string file)
    {
        if (_files.TryGetValue(record.Key, out var before))
        {
            File.Delete(before);
        }

        _files[record.Key] = file;
        _records[record.Key] = record;
    }

    private AttachmentRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.AttachmentRecord) ?? throw new JsonException("the record is null");
        }
        catch (JsonException e)
        {
            File.Move(path, path + Unreadable, overwrite: true);
            _logger.LogError("{File} in the journal cannot be read and is put aside as {Unreadable}: {Message}", path, Unreadable, e.Message);
            return null;
        }
    }

    /// <summary>The number in a file's name; 0 for the names that earlier agents gave.</summary>
    private static long NumberOf(string file) =>
        long.TryParse(Path.GetExtension(Path.GetFileNameWithoutExtension(file)).TrimStart('.'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
