using Fabric.Policy.Compiling;
using Fabric.Primitives;

namespace Fabric.Policy.Tests;

public class PrefixSubtractionTests
{
    [Fact]
    public void Every_address_is_in_one_block_that_is_left_or_in_a_part_that_was_taken_out()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var whole = IpPrefix.Containing(IpAddress.FromV4((uint)random.NextInt64(1L << 32)), random.Next(16, 25));
            var parts = Enumerable.Range(0, random.Next(0, 6)).Select(_ => IpPrefix.Containing(whole.Network.Add((UInt128)random.NextInt64((long)whole.Count)), random.Next(whole.Length, 33))).ToArray();
            var left = PrefixSubtraction.Subtract(whole, parts);
            for (var probe = 0; probe < 50; probe++)
            {
                var address = whole.Network.Add((UInt128)random.NextInt64((long)whole.Count));
                Assert.Equal(parts.Any(part => part.Contains(address)) ? 0 : 1, left.Count(prefix => prefix.Contains(address)));
            }

            Assert.True(left.Count <= Math.Max(1, parts.Length * 32));
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8", "", "10.0.0.0/8")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", "")]
    [InlineData("10.0.0.0/8", "0.0.0.0/0", "")]
    [InlineData("10.0.0.0/8", "11.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/30", "10.0.0.1/32", "10.0.0.0/32 10.0.0.2/31")]
    [InlineData("::/0", "8000::/1", "::/1")]
    public void Blocks_are_as_few_as_can_be(string whole, string parts, string left) => Assert.Equal(
        left, string.Join(' ', PrefixSubtraction.Subtract(IpPrefix.Parse(whole), [.. parts.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => IpPrefix.Parse(part))])));
}
