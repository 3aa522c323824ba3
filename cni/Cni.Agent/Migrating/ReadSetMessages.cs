using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fabric.Resources;

namespace Cni.Agent.Migrating;

/// <summary>What one agent asks another about a VM that comes from there.</summary>
internal enum ReadSetVerb
{
    /// <summary>It is about to come.</summary>
    Prepare,

    /// <summary>It has come: what had it read?</summary>
    Read,

    /// <summary>What has its tap been given, read or not?</summary>
    Heard,

    /// <summary>Here are frames that its tap was not given: have it read them. The frames follow.</summary>
    Deliver,

    /// <summary>Which connections has it opened?</summary>
    Connections,
}

/// <summary>A question: a line of text, <c>VERB NAMESPACE/NIC</c>, and for <see cref="ReadSetVerb.Deliver"/> how many bytes of frames follow.</summary>
internal sealed record ReadSetRequest(ReadSetVerb Verb, ObjectKey Nic, int Bytes = 0)
{
    /// <summary>The longest line: two names of Kubernetes' longest, a word and a number.</summary>
    internal const int MaxBytes = 600;

    /// <summary>The most bytes of frames that follow.</summary>
    internal const int MaxFrames = 512 * 1024;

    private static readonly (string Word, ReadSetVerb Verb)[] Words =
        [("prepare", ReadSetVerb.Prepare), ("read", ReadSetVerb.Read), ("heard", ReadSetVerb.Heard), ("deliver", ReadSetVerb.Deliver), ("connections", ReadSetVerb.Connections)];

    /// <summary>The line, with its end.</summary>
    internal byte[] ToBytes() => Encoding.UTF8.GetBytes($"{Words.First(word => word.Verb == Verb).Word} {Nic}{(Verb == ReadSetVerb.Deliver ? $" {Bytes}" : "")}\n");

    /// <summary>Reads a line without its end.</summary>
    /// <returns>Null when it is no question.</returns>
    internal static ReadSetRequest? Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length > MaxBytes || line.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(line).Split(' ');
        if (parts.Length < 2 || parts[1].Split('/') is not [{ Length: > 0 } ns, { Length: > 0 } name])
        {
            return null;
        }

        foreach (var (word, verb) in Words)
        {
            if (parts[0] == word)
            {
                return verb == ReadSetVerb.Deliver
                    ? parts.Length == 3 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes <= MaxFrames
                        ? new ReadSetRequest(verb, new ObjectKey(ns, name), bytes)
                        : null
                    : parts.Length == 2 ? new ReadSetRequest(verb, new ObjectKey(ns, name)) : null;
            }
        }

        return null;
    }
}

/// <summary>Frames in one piece of bytes: before each its length in two bytes, little endian.</summary>
internal static class FrameBundle
{
    internal static byte[] ToBytes(IEnumerable<byte[]> frames)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        foreach (var frame in frames)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)frame.Length);
            bytes.Write(length);
            bytes.Write(frame);
        }

        return bytes.ToArray();
    }

    /// <returns>The frames, or null when it is no such piece.</returns>
    internal static IReadOnlyList<ReadOnlyMemory<byte>>? Parse(ReadOnlyMemory<byte> bytes)
    {
        const int EthernetHeader = 14;
        var frames = new List<ReadOnlyMemory<byte>>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span) is var length && (length < EthernetHeader || bytes.Length < sizeof(ushort) + length))
            {
                return null;
            }

            frames.Add(bytes.Slice(sizeof(ushort), length));
            bytes = bytes[(sizeof(ushort) + length)..];
        }

        return frames;
    }
}

/// <summary>Why there is no answer. Values are sent: append only.</summary>
internal enum ReadSetStatus
{
    /// <summary>There is one.</summary>
    Known = 0,

    /// <summary>The question was none.</summary>
    Malformed = 1,

    /// <summary>The VM is not here, or is not about to go to who asks.</summary>
    NotHere = 2,

    /// <summary>What it reads is not followed: its tap was not found.</summary>
    NotFollowed = 3,

    /// <summary>It reads other frames than its port gets: they are translated in its pod, as by KubeVirt's masquerade.</summary>
    Translated = 4,
}

/// <summary>An answer: a header of 16 bytes, and the hashes of the frames that the VM has read, the oldest first, all little endian.</summary>
/// <param name="Status">Whether there is one.</param>
/// <param name="Hashes">The newest frames read.</param>
/// <param name="Unread">How many frames it had not read; of <see cref="ReadSetVerb.Connections"/>, how many bytes of frames follow.</param>
internal sealed record ReadSetAnswer(ReadSetStatus Status, ulong[] Hashes, long Unread)
{
    /// <summary>The frames that follow: a <see cref="FrameBundle"/>.</summary>
    internal ReadOnlyMemory<byte> Frames { get; init; }

    /// <summary>At most so many hashes: nearly as many as are known of the frames that went into a tap.</summary>
    internal const int MaxHashes = 8128;

    internal const int HeaderBytes = 16;

    internal static ReadSetAnswer Refused(ReadSetStatus status) => new(status, [], 0);

    internal static ReadSetAnswer Of(byte[] frames) => new(ReadSetStatus.Known, [], frames.Length) { Frames = frames };

    internal byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + (Hashes.Length * sizeof(ulong)) + Frames.Length];
        Frames.CopyTo(bytes.AsMemory(HeaderBytes + (Hashes.Length * sizeof(ulong))));
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Status);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Hashes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Unread);
        for (var i = 0; i < Hashes.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeaderBytes + (i * sizeof(ulong))), Hashes[i]);
        }

        return bytes;
    }

    /// <summary>Reads a header.</summary>
    /// <returns>How many hashes follow, or null when it is no header.</returns>
    internal static int? CountOf(ReadOnlySpan<byte> header) =>
        header.Length == HeaderBytes && BinaryPrimitives.ReadInt32LittleEndian(header[4..]) is >= 0 and <= MaxHashes and var count
        && BinaryPrimitives.ReadInt64LittleEndian(header[8..]) >= 0 && Enum.IsDefined((ReadSetStatus)BinaryPrimitives.ReadInt32LittleEndian(header))
            ? count
            : null;

    /// <summary>Reads an answer, without frames that follow.</summary>
    /// <returns>Null when it is none.</returns>
    internal static ReadSetAnswer? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || CountOf(bytes[..HeaderBytes]) is not { } count || bytes.Length != HeaderBytes + (count * sizeof(ulong)))
        {
            return null;
        }

        var hashes = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            hashes[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(HeaderBytes + (i * sizeof(ulong)))..]);
        }

        return new ReadSetAnswer((ReadSetStatus)BinaryPrimitives.ReadInt32LittleEndian(bytes), hashes, BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
    }
}
