using System.Text.Json;
using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Requests;

/// <summary>
/// Reads what a runtime wants, from the three places where it can say it: <c>runtimeConfig</c> goes before <c>args.cni</c>, and
/// that before <c>CNI_ARGS</c>. What Fabric does not do is refused, never passed over.
/// </summary>
internal static class WishReader
{
    private const string IpsField = "runtimeConfig.ips";
    private const string MacField = "runtimeConfig.mac";
    private const string ArgsIpsField = "args.cni.ips";
    private const string IngressField = "runtimeConfig.bandwidth.ingressRate";
    private const string EgressField = "runtimeConfig.bandwidth.egressRate";

    /// <summary>Reads it.</summary>
    /// <exception cref="CniFailure">It cannot be read, or is not done.</exception>
    internal static EndpointWish Read(RuntimeConfig? capabilities, CommonArgs? args, CniArguments arguments)
    {
        RefuseWhatIsNotDone(capabilities);
        var (addresses, addressSource) = ReadAddresses(capabilities, args, arguments);
        var (mac, macSource) = ReadMac(capabilities, arguments);
        return new EndpointWish
        {
            Addresses = addresses,
            AddressSource = addressSource,
            Mac = mac,
            MacSource = macSource,
            Ingress = ReadRate(IngressField, capabilities?.Bandwidth?.IngressRate),
            IngressSource = IngressField,
            Egress = ReadRate(EgressField, capabilities?.Bandwidth?.EgressRate),
            EgressSource = EgressField,
            Labels = (args?.Labels ?? [])
                .Where(label => label?.Key is { Length: > 0 } key && !key.StartsWith(FabricApi.Group + "/", StringComparison.Ordinal))
                .GroupBy(label => label.Key, StringComparer.Ordinal)
                .Select(group => KeyValuePair.Create(group.Key, group.Last().Value ?? ""))
                .ToEquatableMap(),
        };
    }

    private static (EquatableArray<WishedAddress> Addresses, string Source) ReadAddresses(RuntimeConfig? capabilities, CommonArgs? args, CniArguments arguments)
    {
        var (texts, source, code) =
            capabilities?.Ips is { Count: > 0 } ips ? (ips, IpsField, CniErrorCode.InvalidConfig)
            : args?.Ips is { Count: > 0 } common ? (common, ArgsIpsField, CniErrorCode.InvalidConfig)
            : arguments["IP"] is { } ip ? (ip.Split(','), "IP in CNI_ARGS", CniErrorCode.InvalidEnvironment)
            : ((IReadOnlyList<string>)[], "", 0);
        var addresses = texts.Select(text => ReadAddress(text, source, code)).ToEquatableArray();
        return addresses.GroupBy(wished => wished.Address.Family).FirstOrDefault(group => group.Count() > 1) is { } group
            ? throw new CniFailure(code, $"{source} asks for {string.Join(" and ", group)}", "An interface has at most one address of each family")
            : (addresses, source);
    }

    private static WishedAddress ReadAddress(string? text, string source, int code)
    {
        if (text is not null && text.Contains('/', StringComparison.Ordinal))
        {
            if (IpInterfaceAddress.TryParse(text, out var with))
            {
                return new WishedAddress(with.Address, with.Length);
            }
        }
        else if (text is not null && IpAddress.TryParse(text, out var address))
        {
            return new WishedAddress(address, Length: null);
        }

        throw new CniFailure(code, $"{source}: \"{text}\" is no address", "It is written 10.60.2.10, 10.60.2.10/24 or fd60::10");
    }

    private static (MacAddress? Mac, string Source) ReadMac(RuntimeConfig? capabilities, CniArguments arguments)
    {
        var (text, source, code) =
            capabilities?.Mac is { Length: > 0 } capability ? (capability, MacField, CniErrorCode.InvalidConfig)
            : arguments["MAC"] is { } argument ? (argument, "MAC in CNI_ARGS", CniErrorCode.InvalidEnvironment)
            : (null, "", 0);
        return text is null ? (null, "")
            : !MacAddress.TryParse(text, out var mac) ? throw new CniFailure(code, $"{source}: \"{text}\" is no MAC address", "It is written 02:00:00:60:02:10")
            : mac.IsMulticast || mac.IsZero ? throw new CniFailure(code, $"{source}: {mac} is the MAC of no interface", "It must be unicast and not zero")
            : (mac, source);
    }

    // Runtimes fill in bursts that nobody asked for, such as 2^32-1: without a peak there are none here.
    private static QosLimit? ReadRate(string field, long? rate) => rate switch
    {
        null or 0 => null,
        < QosLimit.LeastRate or > QosLimit.MostRate => throw new CniFailure(
            CniErrorCode.InvalidConfig, $"{field}: {rate} bit/s is no rate of a link", $"Give {QosLimit.LeastRate} to {QosLimit.MostRate} bit/s"),
        { } said => new QosLimit { Average = BitRate.FromBitsPerSecond(said) },
    };

    private static void RefuseWhatIsNotDone(RuntimeConfig? capabilities)
    {
        Refuse("aliases", capabilities?.Aliases, "Fabric serves no names: take the capability aliases out of its configuration");
        Refuse("deviceID", capabilities?.DeviceID, "Fabric makes its interfaces itself and takes no device of the node: take the capability deviceID out of its configuration");
        Refuse("infinibandGUID", capabilities?.InfinibandGUID, "Fabric's interfaces are Ethernet: take the capability infinibandGUID out of its configuration");
        Refuse("ipRanges", capabilities?.IpRanges, "Fabric takes addresses from its Subnets: name one in the field subnet, or an IPPool in an annotation, and take the capability ipRanges out of its configuration");
    }

    private static void Refuse(string key, JsonElement? value, string remedy)
    {
        if (value is { } said && SaysSomething(said))
        {
            throw new CniFailure(CniErrorCode.UnsupportedField, $"runtimeConfig.{key}: {said.GetRawText()} is not supported", remedy);
        }
    }

    // Some runtimes fill in every capability, with an empty value where nothing was asked for.
    private static bool SaysSomething(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => value.GetString() is { Length: > 0 },
        JsonValueKind.Number => !value.TryGetDouble(out var number) || number != 0,
        JsonValueKind.Array => value.EnumerateArray().Any(SaysSomething),
        JsonValueKind.Object => value.EnumerateObject().Any(member => SaysSomething(member.Value)),
        _ => true,
    };
}
