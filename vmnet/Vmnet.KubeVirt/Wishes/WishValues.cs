using System.Globalization;
using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>Reads the values that wishes have, whichever fabric's annotation they stand in.</summary>
internal static class WishValues
{
    private const string AddressRemedy = "Write one IPv4 and one IPv6 address at most, such as 10.0.0.5 and fd00::5.";

    private const string MacRemedy = "Write a unicast address such as 02:00:00:00:00:05.";

    private const string RateRemedy = "Write 1k to 1T bit/s, such as 10M for 10 Mbit/s.";

    private const string MegabitRemedy = "Write a number such as 10 for 10 Mbit/s.";

    private const int BitsPerMegabit = 1_000_000;

    // A list may have two addresses; whatever has more than some is quoted, not read to its end.
    private const int MostItems = 8;

    // As many as a Nic's spec takes.
    private const int MostNames = 16;

    public static Outcome<string> Name(WishText text) => ObjectName.CheckSubdomain(text.Text) is { } problem
        ? text.Unreadable(problem, "Write the name of an object.")
        : text.Text;

    /// <summary>Names separated by commas, in order.</summary>
    public static Outcome<EquatableArray<string>> Names(WishText text)
    {
        var names = text.Text.Split(',', MostNames + 1, StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToArray();
        return names.Length > MostNames ? text.Unreadable($"it has more than {MostNames} names", "Write names of objects, separated by commas.")
            : names.Select(name => ObjectName.CheckSubdomain(name)).FirstOrDefault(problem => problem is not null) is { } wrong
                ? text.Unreadable(wrong, "Write names of objects, separated by commas.")
                : (EquatableArray<string>)[.. names.Order(StringComparer.Ordinal)];
    }

    public static Outcome<MacAddress> Mac(WishText text) => Mac(text, text.Text);

    /// <summary>A MAC address that is a part of a longer text.</summary>
    public static Outcome<MacAddress> Mac(WishText whole, string part) =>
        !MacAddress.TryParse(part.AsSpan().Trim(), out var mac, out var problem) ? whole.Unreadable(problem, MacRemedy)
        : mac.IsMulticast || mac.IsZero ? whole.Unreadable("it is a group address or all zero, which no interface can have", MacRemedy)
        : mac;

    /// <summary>Addresses separated by commas, each with or without a prefix length, which the Subnet knows better.</summary>
    public static Outcome<EquatableArray<IpAddress>> Addresses(WishText text) => Addresses(text, text.Text.Split(',', MostItems));

    /// <summary>Addresses that are parts of a longer text.</summary>
    public static Outcome<EquatableArray<IpAddress>> Addresses(WishText whole, IReadOnlyCollection<string?> parts)
    {
        IpAddress? ipv4 = null;
        IpAddress? ipv6 = null;
        foreach (var part in parts)
        {
            if (ReadAddress(part, out var address) is { } problem)
            {
                return whole.Unreadable(problem, AddressRemedy);
            }

            ref var place = ref address.IsV4 ? ref ipv4 : ref ipv6;
            if (place is not null)
            {
                return whole.Unreadable($"it has more than one {(address.IsV4 ? "IPv4" : "IPv6")} address", AddressRemedy);
            }

            place = address;
        }

        return (EquatableArray<IpAddress>)[.. new[] { ipv4, ipv6 }.OfType<IpAddress>()];
    }

    /// <summary>A limit at a rate in bit/s.</summary>
    public static Outcome<QosLimit> Rate(WishText text) => !BitRate.TryParse(text.Text, out var rate, out var problem)
        ? text.Unreadable(problem, RateRemedy)
        : Limit(text, rate);

    /// <summary>A limit at a rate in Mbit/s, a decimal number such as 10 or 0.5.</summary>
    public static Outcome<QosLimit> Megabits(WishText text) =>
        decimal.TryParse(text.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var megabits) && megabits <= QosLimit.MostRate / BitsPerMegabit
            ? Limit(text, BitRate.FromBitsPerSecond((long)(megabits * BitsPerMegabit)))
            : text.Unreadable("it is no number of Mbit/s", MegabitRemedy);

    private static Outcome<QosLimit> Limit(WishText text, BitRate rate) => rate.BitsPerSecond is < QosLimit.LeastRate or > QosLimit.MostRate
        ? text.Unreadable($"{rate} bit/s is no rate of a link", RateRemedy)
        : new QosLimit { Average = rate };

    /// <summary>Whether a text is an address, with or without a prefix length.</summary>
    public static bool IsAddress(string text) => ReadAddress(text, out _) is null;

    private static string? ReadAddress(string? text, out IpAddress address)
    {
        var trimmed = text.AsSpan().Trim();
        if (!trimmed.Contains('/'))
        {
            return IpAddress.TryParse(trimmed, out address, out var wrong) ? null : wrong;
        }

        var isRead = IpInterfaceAddress.TryParse(trimmed, out var full, out var problem);
        address = full.Address;
        return isRead ? null : problem;
    }
}
