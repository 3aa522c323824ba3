using System.Buffers;

namespace Ovs.Ovsdb;

/// <summary>Finds where each JSON object ends in a stream of objects that nothing separates (RFC 7047 §4).</summary>
/// <remarks>
/// It counts braces outside strings, and looks at each byte once however the stream is cut. Whether what is between the
/// braces is JSON is for the parser of the frame to say.
/// </remarks>
internal struct JsonFramer(long maxFrameBytes)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private long _scanned;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Takes the next whole object off the front of the buffer.</summary>
    /// <exception cref="OvsdbException">What comes is no object, or one larger than allowed.</exception>
    internal bool TryTake(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        if (_depth == 0 && !TryStart(ref buffer))
        {
            return false;
        }

        var offset = _scanned;
        foreach (var segment in buffer.Slice(_scanned))
        {
            var length = Scan(segment.Span);
            if (length >= 0)
            {
                var end = buffer.GetPosition(offset + length);
                frame = buffer.Slice(0, end);
                buffer = buffer.Slice(end);
                _scanned = 0;
                return true;
            }

            offset += segment.Length;
        }

        _scanned = offset;
        return _scanned <= maxFrameBytes
            ? false
            : throw OvsdbException.Protocol($"The server sent a message of more than {maxFrameBytes} bytes.");
    }

    private static bool TryStart(ref ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny(" \r\n\t"u8);
        buffer = buffer.Slice(reader.Position);
        if (!reader.TryPeek(out var first))
        {
            return false;
        }

        return first == '{' ? true : throw OvsdbException.Protocol($"The server sent byte 0x{first:x2} where a JSON object begins.");
    }

    /// <returns>The length up to and with the brace that ends the object, or -1 when it does not end in this span.</returns>
    private int Scan(ReadOnlySpan<byte> span)
    {
        var at = 0;
        while (at < span.Length)
        {
            if (_escaped)
            {
                _escaped = false;
                at++;
                continue;
            }

            var next = span[at..].IndexOfAny(_inString ? StringEnd : Structure);
            if (next < 0)
            {
                return -1;
            }

            at += next + 1;
            switch (span[at - 1])
            {
                case (byte)'\\':
                    _escaped = true;
                    break;
                case (byte)'"':
                    _inString = !_inString;
                    break;
                case (byte)'{':
                    _depth++;
                    break;
                default:
                    if (--_depth == 0)
                    {
                        return at;
                    }

                    break;
            }
        }

        return -1;
    }
}
