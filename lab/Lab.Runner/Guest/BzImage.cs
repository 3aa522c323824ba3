using System.Buffers.Binary;

namespace Lab.Runner.Guest;

/// <summary>
/// Finds the compressed kernel in a bzImage (Linux Documentation/arch/x86/boot.rst: <c>setup_sects</c> at 0x1f1, the magic
/// "HdrS" at 0x202, <c>payload_offset</c> and <c>payload_length</c> at 0x248). QEMU boots the bare ELF by PVH, which spares
/// an emulated guest the decompression.
/// </summary>
internal static class BzImage
{
    private const uint HeaderMagic = 0x53726448;
    private const uint Lz4LegacyMagic = 0x184C2102;

    /// <summary>The lz4 stream (legacy frame format) of <paramref name="image"/>, without the kernel's length word at its end.</summary>
    /// <exception cref="InvalidDataException">It is no bzImage, is cut off, or is compressed in another way.</exception>
    internal static ReadOnlyMemory<byte> Lz4Payload(ReadOnlyMemory<byte> image)
    {
        var bytes = image.Span;
        if (bytes.Length < 0x250 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x202..]) != HeaderMagic)
        {
            throw new InvalidDataException("the kernel is no bzImage");
        }

        var setupSectors = bytes[0x1f1] == 0 ? 4 : bytes[0x1f1];
        var start = ((setupSectors + 1) * 512L) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x248..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x24c..]);
        if (length < 8 || start + length > bytes.Length)
        {
            throw new InvalidDataException("the kernel image is cut off");
        }

        var payload = image.Slice((int)start, (int)length - sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(payload.Span) == Lz4LegacyMagic
            ? payload
            : throw new InvalidDataException("the kernel is not compressed with lz4, as Debian 12's cloud kernel is");
    }
}
