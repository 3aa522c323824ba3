using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Agent.Serving;
using Cni.Protocol;

namespace Cni.Agent.Requests;

/// <summary>A request to plug a container in, read and checked: everything that can be said of it without looking further.</summary>
internal sealed record AttachmentRequest
{
    /// <summary>The attachment.</summary>
    internal required AttachmentKey Key { get; init; }

    /// <summary><c>CNI_IFNAME</c>: what the runtime calls the attachment, also where the device is another.</summary>
    internal required string Ifname { get; init; }

    /// <summary>The network's name.</summary>
    internal required string Network { get; init; }

    /// <summary>The container's namespace.</summary>
    internal required string Netns { get; init; }

    /// <summary>The container, where the network makes Nics for containers without a pod.</summary>
    internal ContainerOwner? Container { get; init; }

    /// <summary>The pod, where it does not.</summary>
    internal PodReference? Pod { get; init; }

    /// <summary>What is wanted of the endpoint.</summary>
    internal required EndpointWish Wish { get; init; }

    /// <summary>Name service in the place of the Nic's: what the runtime says, over what the configuration says.</summary>
    internal CniDns? Dns { get; init; }

    /// <summary>What the plugins before have made; null for the first of a chain.</summary>
    internal CniResult? Previous { get; init; }

    /// <summary>Whether the device gets the default routes; null for those that the container has not yet.</summary>
    internal bool? DefaultRoute { get; init; }

    /// <summary>Reads the request of an ADD.</summary>
    /// <exception cref="CniFailure">It cannot be read, or contradicts itself.</exception>
    internal static AttachmentRequest Of(CniRequest request)
    {
        var key = RequestRules.KeyOf(request);
        RequestRules.CheckDevice(key.Interface, request);
        if (request.Netns.Length == 0)
        {
            throw new CniFailure(CniErrorCode.InvalidEnvironment, "CNI_NETNS is missing");
        }

        var config = request.Config;
        var arguments = RequestRules.ArgumentsOf(request);
        var capabilities = RequestRules.Read("runtimeConfig", () => NetworkConfig.Read(config.RuntimeConfig, CniJson.Default.RuntimeConfig));
        var args = RequestRules.Read("args", () => NetworkConfig.Read(config.Args, CniJson.Default.RuntimeArgs))?.Cni;
        var container = ContainerOf(request, arguments);
        return new AttachmentRequest
        {
            Key = key,
            Ifname = request.Ifname,
            Network = RequestRules.NetworkOf(request),
            Netns = request.Netns,
            Container = container,
            Pod = container is null ? PodReference.Of(arguments) : null,
            Wish = WishReader.Read(capabilities, args, arguments),
            Dns = DnsOf(capabilities, RequestRules.Read("dns", () => NetworkConfig.Read(config.Dns, CniJson.Default.CniDns))),
            Previous = PreviousOf(request, key.Interface),
            DefaultRoute = config.DefaultRoute,
        };
    }

    /// <summary>What the runtime is answered when <paramref name="own"/> was made.</summary>
    internal CniResult Answer(CniResult own)
    {
        var told = Dns is null ? own : own with { Dns = Dns.Over(own.Dns) };
        var chained = Previous is null ? told : ResultChain.Append(Previous, told);
        return Dns is null ? chained : chained with { Dns = Dns.Over(chained.Dns) };
    }

    private static ContainerOwner? ContainerOf(CniRequest request, CniArguments arguments)
    {
        var config = request.Config;
        if (string.IsNullOrEmpty(config.Namespace))
        {
            return string.IsNullOrEmpty(config.Subnet)
                ? null
                : throw new CniFailure(CniErrorCode.InvalidConfig, $"subnet: {config.Subnet} is said without namespace", "Both are for containers without a pod; a pod names its Subnet by annotation");
        }

        var name = arguments["K8S_POD_NAME"] ?? request.ContainerId;
        return name.Length <= RequestRules.LongestName
            ? new ContainerOwner(config.Namespace, string.IsNullOrEmpty(config.Subnet) ? null : config.Subnet, name, request.ContainerId)
            : throw new CniFailure(CniErrorCode.InvalidEnvironment, $"CNI_CONTAINERID: a name of {name.Length} characters is too long for a Nic's owner", $"At most {RequestRules.LongestName}");
    }

    private static CniDns? DnsOf(RuntimeConfig? capabilities, CniDns? network)
    {
        var said = capabilities?.Dns is { } dns ? new CniDns { Nameservers = dns.Servers, Search = dns.Searches, Options = dns.Options } : null;
        return said?.Over(network) ?? network;
    }

    private static CniResult? PreviousOf(CniRequest request, string device)
    {
        var previous = RequestRules.Read("prevResult", request.Config.ReadPrevResult);
        return previous is not null && ResultChain.InSandbox(previous, device) is not null
            ? throw new CniFailure(
                CniErrorCode.InvalidEnvironment,
                $"a plugin before this one has made {device} already (CNI_IFNAME)",
                "Give fabric-cni's device another name in its configuration, such as \"device\": \"net1\"")
            : previous;
    }
}
