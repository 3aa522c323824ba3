using System.Buffers.Binary;
using Lab.Runner.Guest;

namespace Lab.Runner.Tests.Guest;

public sealed class BzImageTests
{
    [Fact]
    public void Payload_is_found_where_the_header_says()
    {
        var payload = BzImage.Lz4Payload(Image(0x184C2102, payloadLength: 64)).Span;
        Assert.Equal(60, payload.Length);
        Assert.Equal(0x184C2102u, BinaryPrimitives.ReadUInt32LittleEndian(payload));
    }

    [Theory]
    [InlineData(0x184C2102u, 4096u)]
    [InlineData(0xFD2FB528u, 64u)]
    public void Cut_off_and_otherwise_compressed_images_are_refused(uint magic, uint length) =>
        Assert.Throws<InvalidDataException>(() => BzImage.Lz4Payload(Image(magic, length)));

    [Fact]
    public void No_bytes_do_anything_but_be_refused()
    {
        var random = new Random(7);
        for (var round = 0; round < 5000; round++)
        {
            var image = Image(0x184C2102, 64).ToArray();
            for (var n = 0; n < 20; n++)
            {
                image[random.Next(0x1f0, 0x260)] = (byte)random.Next(256);
            }

            try
            {
                _ = BzImage.Lz4Payload(image.AsMemory(0, random.Next(image.Length)));
            }
            catch (InvalidDataException)
            {
                // The one way to refuse.
            }
        }
    }

    private static ReadOnlyMemory<byte> Image(uint magic, uint payloadLength)
    {
        var image = new byte[2048];
        image[0x1f1] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x202), 0x53726448);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24c), payloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(1024 + 16), magic);
        return image;
    }
}
