using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Primitives.Tests;

public abstract class RoundTripTests<T>(Gen<T> values)
    where T : struct, ITextValue<T>, IComparable<T>
{
    private const int Seed = 20261;

    protected Gen<T> Samples { get; } = values;

    [Fact]
    public void Text_is_read_back_as_the_same_value() =>
        Samples.Hold(value => T.Parse(value.ToString()!, null).Equals(value)
            && T.TryParse(value.ToString(), out var again) && again.Equals(value));

    [Fact]
    public void Formatting_into_characters_and_bytes_gives_the_text() => Samples.Hold(value =>
    {
        Span<char> characters = stackalloc char[T.MaxTextLength];
        Span<byte> bytes = stackalloc byte[T.MaxTextLength];
        return value.TryFormat(characters, out var charsWritten, default, null)
            && value.TryFormat(bytes, out var bytesWritten, default, null)
            && characters[..charsWritten].SequenceEqual(value.ToString())
            && Encoding.UTF8.GetString(bytes[..bytesWritten]) == value.ToString();
    });

    [Fact]
    public void Formatting_into_too_small_a_span_is_refused() => Samples.Hold(value =>
    {
        var tooSmall = value.ToString()!.Length - 1;
        return !value.TryFormat(new char[tooSmall], out var charsWritten, default, null)
            && !value.TryFormat(new byte[tooSmall], out var bytesWritten, default, null)
            && charsWritten == 0 && bytesWritten == 0;
    });

    [Fact]
    public void Json_is_read_back_as_the_same_value() => Samples.Hold(value =>
        JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value)).Equals(value));

    [Fact]
    public void Order_is_zero_exactly_for_equal_values_and_turns_with_the_operands() => Samples.Hold(value =>
    {
        var other = Samples.Sample(1, 50).First();
        return value.CompareTo(value) == 0
            && Math.Sign(value.CompareTo(other)) == -Math.Sign(other.CompareTo(value))
            && (value.CompareTo(other) == 0) == value.Equals(other);
    });

    [Fact]
    public void Default_equals_default_and_has_its_hash()
    {
        Assert.Equal(default, new T());
        Assert.Equal(default(T).GetHashCode(), new T().GetHashCode());
        Assert.Equal(0, default(T).CompareTo(default));
    }

    [Fact]
    public void No_text_makes_TryParse_throw_and_every_failure_says_why()
    {
        const string alphabet = "0123456789abcdefxkMGiE.:/-+% []\0\u0665é";
        var random = new Random(Seed);
        var samples = Samples.Sample(200, 50).Select(value => value.ToString()!).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder(random.Next(2) == 0 ? "" : samples[random.Next(samples.Length)]);
            for (var edit = random.Next(1, 6); edit > 0; edit--)
            {
                var at = random.Next(text.Length + 1);
                if (random.Next(3) > 0 || at == text.Length)
                    text.Insert(at, alphabet[random.Next(alphabet.Length)]);
                else
                    text.Remove(at, 1);
            }
            var input = text.ToString();
            var parsed = T.TryParse(input, out var value, out var problem);
            Assert.Equal(parsed, T.TryParse(input, out var same));
            Assert.Equal(value, same);
            Assert.Equal(parsed, problem is null);
            if (parsed)
                Assert.Equal(value, T.Parse(value.ToString()!, null));
            else
                Assert.Equal(default, value);
        }
    }
}

/// <summary>For the values that are numbers, unlike a name, which keeps its text.</summary>
public abstract class NumberRoundTripTests<T>(Gen<T> values) : RoundTripTests<T>(values)
    where T : struct, ITextValue<T>, IComparable<T>
{
    [Fact]
    public void Parsing_and_formatting_allocate_nothing()
    {
        Span<char> buffer = stackalloc char[T.MaxTextLength];
        var texts = Samples.Sample(50, 50).Select(value => value.ToString()!).ToArray();
        ParseAndFormat(texts, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ParseAndFormat(texts, buffer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void ParseAndFormat(string[] texts, Span<char> buffer)
    {
        foreach (var text in texts)
        {
            if (!T.TryParse(text, out var value) || !value.TryFormat(buffer, out _, default, null))
                throw new InvalidOperationException(text);
        }
    }
}

public sealed class IpAddressRoundTripTests() : NumberRoundTripTests<IpAddress>(Values.Addresses);

public sealed class IpPrefixRoundTripTests() : NumberRoundTripTests<IpPrefix>(Values.Prefixes);

public sealed class IpInterfaceAddressRoundTripTests() : NumberRoundTripTests<IpInterfaceAddress>(Values.InterfaceAddresses);

public sealed class IpRangeRoundTripTests() : NumberRoundTripTests<IpRange>(Values.Ranges);

public sealed class MacAddressRoundTripTests() : NumberRoundTripTests<MacAddress>(Values.Macs);

public sealed class BitRateRoundTripTests() : NumberRoundTripTests<BitRate>(Values.Rates);

public sealed class MtuRoundTripTests() : NumberRoundTripTests<Mtu>(Values.Mtus);

public sealed class ObjectNameRoundTripTests() : RoundTripTests<ObjectName>(Values.Names);
