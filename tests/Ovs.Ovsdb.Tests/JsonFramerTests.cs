using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "unit")]
public sealed class JsonFramerTests
{
    private static readonly string[] Pieces = ["{", "}", "[", "]", "\"", "\\", "\\\"", "\\\\", "{\"a\":1}", "\"}\"", " ", "\n", "x", "\u00e9", "\u4e2d", "\\u007b", ":", ","];

    [Fact]
    public void Messages_come_out_as_they_went_in_however_the_stream_is_cut()
    {
        var random = new Random(7047);
        for (var round = 0; round < 500; round++)
        {
            var messages = Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomMessage(random)).ToList();
            var stream = Encoding.UTF8.GetBytes(string.Concat(messages.Select(message => message + new string(' ', random.Next(2)))));
            Assert.Equal(messages, Frame(stream, random));
        }
    }

    [Fact]
    public void Any_bytes_either_make_frames_or_are_refused()
    {
        var random = new Random(1918);
        for (var round = 0; round < 2000; round++)
        {
            var stream = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Pieces[random.Next(Pieces.Length)])));
            try
            {
                Assert.All(Frame(stream, random), frame => Assert.True(frame[0] == '{' && frame[^1] == '}'));
            }
            catch (OvsdbException e)
            {
                Assert.Equal(OvsdbException.ProtocolError, e.Error);
            }
        }
    }

    [Fact]
    public void A_message_larger_than_allowed_is_refused()
    {
        var framer = new JsonFramer(100);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', 200)));
        Assert.Throws<OvsdbException>(() => framer.TryTake(ref buffer, out _));
    }

    private static string RandomMessage(Random random)
    {
        var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => Pieces[random.Next(Pieces.Length)]));
        return JsonSerializer.Serialize(new Dictionary<string, object> { [text] = new object[] { text, new Dictionary<string, string> { ["{"] = text } } });
    }

    /// <summary>Feeds a stream in random pieces, of random segments, and keeps what was not taken, as a pipe does.</summary>
    private static List<string> Frame(byte[] stream, Random random)
    {
        var framer = new JsonFramer(1 << 20);
        var frames = new List<string>();
        var held = Array.Empty<byte>();
        for (var at = 0; at < stream.Length;)
        {
            var length = random.Next(1, stream.Length - at + 1);
            var buffer = Segment.Split([.. held, .. stream.AsSpan(at, length)], random);
            at += length;
            while (framer.TryTake(ref buffer, out var frame))
            {
                frames.Add(Encoding.UTF8.GetString(frame));
            }

            held = buffer.ToArray();
        }

        return frames;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal static ReadOnlySequence<byte> Split(byte[] bytes, Random random)
        {
            var first = new Segment { Memory = ReadOnlyMemory<byte>.Empty };
            var last = first;
            for (var at = 0; at < bytes.Length;)
            {
                var length = random.Next(1, bytes.Length - at + 1);
                var next = new Segment { Memory = bytes.AsMemory(at, length), RunningIndex = last.RunningIndex + last.Memory.Length };
                last.Next = next;
                last = next;
                at += length;
            }

            return new(first, 0, last, last.Memory.Length);
        }
    }
}
