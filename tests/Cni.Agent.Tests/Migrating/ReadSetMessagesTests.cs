using System.Text;
using Cni.Agent.Migrating;
using Fabric.Resources;

namespace Cni.Agent.Tests.Migrating;

public sealed class ReadSetMessagesTests
{
    [Theory]
    [InlineData("prepare a/vm.web.default")]
    [InlineData("read a/vm.web.default")]
    [InlineData("heard a/vm.web.default")]
    [InlineData("connections a/vm.web.default")]
    [InlineData("deliver a/vm.web.default 512")]
    public void Question_is_read_as_it_is_written(string line)
    {
        var request = ReadSetRequest.Parse(Encoding.UTF8.GetBytes(line));
        Assert.Equal(new ObjectKey("a", "vm.web.default"), request!.Nic);
        Assert.Equal(line + "\n", Encoding.UTF8.GetString(request.ToBytes()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("read")]
    [InlineData("read ")]
    [InlineData("read web")]
    [InlineData("read a/")]
    [InlineData("read /b")]
    [InlineData("read a/b/c")]
    [InlineData("read a/b c")]
    [InlineData("READ a/b")]
    [InlineData("deliver a/b")]
    [InlineData("deliver a/b -1")]
    [InlineData("deliver a/b 524289")]
    [InlineData("deliver a/b 99999999999999")]
    [InlineData("read a/b\u00e9")]
    [InlineData("read a/b\0")]
    public void What_is_no_question_is_not_read(string line) => Assert.Null(ReadSetRequest.Parse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void Answer_is_read_as_it_is_written()
    {
        var answer = new ReadSetAnswer(ReadSetStatus.Known, [1, ulong.MaxValue, 3], 12);
        var read = ReadSetAnswer.Parse(answer.ToBytes())!;
        Assert.Equal((answer.Status, answer.Unread), (read.Status, read.Unread));
        Assert.Equal(answer.Hashes, read.Hashes);
        Assert.Equal(ReadSetStatus.Translated, ReadSetAnswer.Parse(ReadSetAnswer.Refused(ReadSetStatus.Translated).ToBytes())!.Status);
    }

    [Fact]
    public void Answer_says_how_many_bytes_of_frames_follow()
    {
        var frames = FrameBundle.ToBytes([new byte[60], new byte[42]]);
        var bytes = ReadSetAnswer.Of(frames).ToBytes();
        Assert.Equal(frames, bytes[ReadSetAnswer.HeaderBytes..]);
        Assert.Equal(frames.Length, ReadSetAnswer.Parse(bytes.AsSpan(0, ReadSetAnswer.HeaderBytes))!.Unread);
    }

    [Fact]
    public void Frames_are_read_as_they_are_written()
    {
        byte[][] frames = [[.. Enumerable.Range(0, 14).Select(n => (byte)n)], new byte[2016]];
        Assert.Equal(frames, FrameBundle.Parse(FrameBundle.ToBytes(frames))!.Select(frame => frame.ToArray()));
        Assert.Empty(FrameBundle.Parse(ReadOnlyMemory<byte>.Empty)!);
        Assert.Null(FrameBundle.Parse(new byte[] { 13, 0, 1 }));
    }

    [Fact]
    public void Whatever_another_says_is_an_answer_or_none()
    {
        var random = new Random(20260103);
        var whole = new ReadSetAnswer(ReadSetStatus.Known, [1, 2, 3], 1).ToBytes();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = random.Next(2) == 0 ? new byte[random.Next(0, 64)] : [.. whole];
            if (bytes.Length == whole.Length && random.Next(2) == 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
            else
            {
                random.NextBytes(bytes);
            }

            if (ReadSetAnswer.Parse(bytes) is { } answer)
            {
                Assert.True(answer.Hashes.Length <= ReadSetAnswer.MaxHashes && answer.Unread >= 0 && Enum.IsDefined(answer.Status));
                Assert.Equal(bytes, answer.ToBytes());
            }

            _ = ReadSetRequest.Parse(bytes);
            if (FrameBundle.Parse(bytes) is { } frames)
            {
                Assert.Equal(bytes, FrameBundle.ToBytes(frames.Select(frame => frame.ToArray())));
            }
        }
    }
}
