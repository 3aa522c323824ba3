using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cni.Netlink.Messages;
using Fabric.Primitives;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    /// <summary>
    /// Gives a link an address; the route to its prefix comes with it. An IPv6 address is usable at once: the fabric
    /// assigned it, so duplicate address detection (RFC 4862 §5.4) would only delay it.
    /// </summary>
    /// <exception cref="NetlinkException"><see cref="Errno.Exists"/> if the link has it already.</exception>
    public void AddAddress(int linkIndex, IpInterfaceAddress address)
    {
        var request = AddressRequest(
            stackalloc byte[RequestBytes], Wire.RTM_NEWADDR, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_EXCL, linkIndex, address);
        if (address.IsV6)
            request.Attribute(Wire.IFA_FLAGS, Wire.IFA_F_NODAD);
        Transact($"add address {address} to link {linkIndex}", request);
    }

    /// <returns>Whether the link had the address.</returns>
    public bool RemoveAddress(int linkIndex, IpInterfaceAddress address)
    {
        var request = AddressRequest(stackalloc byte[RequestBytes], Wire.RTM_DELADDR, Wire.NLM_F_ACK, linkIndex, address);
        return Remove($"remove address {address} from link {linkIndex}", request);
    }

    /// <returns>The addresses of a link, both families, link-local ones included.</returns>
    public IReadOnlyList<IpInterfaceAddress> GetAddresses(int linkIndex)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETADDR, Wire.NLM_F_DUMP);
        request.Append(new IfAddrMsg { ifa_index = linkIndex });
        var addresses = new List<IpInterfaceAddress>();
        Transact($"list the addresses of link {linkIndex}", request, (type, payload) =>
        {
            if (type == Wire.RTM_NEWADDR && TryReadAddress(payload, out var index, out var address) && index == linkIndex)
                addresses.Add(address);
        });
        return addresses;
    }

    /// <summary>Adds a route to the main table, or replaces the one to the same destination.</summary>
    /// <remarks>A gateway that no prefix of the link covers is taken to be on the link (RTNH_F_ONLINK).</remarks>
    public void ReplaceRoute(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var onLink = route.IsOnLink ?? (route.Gateway is { } gateway
            && !GetAddresses(route.LinkIndex).Any(address => address.Prefix.Contains(gateway)));
        var request = RouteRequest(
            stackalloc byte[RequestBytes],
            Wire.RTM_NEWROUTE,
            Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE,
            route,
            onLink ? Wire.RTNH_F_ONLINK : 0);
        Transact($"add route to {route.Destination}", request);
    }

    /// <returns>Whether there was such a route.</returns>
    public bool RemoveRoute(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var request = RouteRequest(stackalloc byte[RequestBytes], Wire.RTM_DELROUTE, Wire.NLM_F_ACK, route, nextHopFlags: 0);
        return Remove($"remove route to {route.Destination}", request);
    }

    /// <returns>The unicast routes of the main table, one family, through one link.</returns>
    public IReadOnlyList<Route> GetRoutes(IpFamily family, int linkIndex)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETROUTE, Wire.NLM_F_DUMP);
        request.Append(new RtMsg { rtm_family = Family(family), rtm_table = Wire.RT_TABLE_MAIN });
        request.Attribute(Wire.RTA_OIF, (uint)linkIndex);
        var routes = new List<Route>();
        Transact($"list the routes of link {linkIndex}", request, (type, payload) =>
        {
            if (type == Wire.RTM_NEWROUTE && TryReadRoute(payload, out var route) && route.LinkIndex == linkIndex)
                routes.Add(route);
        });
        return routes;
    }

    /// <summary>Sets a permanent neighbour (ARP or ND entry), which the kernel neither probes nor ages.</summary>
    public void ReplaceNeighbour(int linkIndex, IpAddress address, MacAddress mac)
    {
        var request = NeighbourRequest(
            stackalloc byte[RequestBytes], Wire.RTM_NEWNEIGH, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE, linkIndex, address);
        request.Attribute(Wire.NDA_LLADDR, mac);
        Transact($"set neighbour {address} on link {linkIndex}", request);
    }

    /// <returns>Whether there was such a neighbour.</returns>
    public bool RemoveNeighbour(int linkIndex, IpAddress address)
    {
        var request = NeighbourRequest(stackalloc byte[RequestBytes], Wire.RTM_DELNEIGH, Wire.NLM_F_ACK, linkIndex, address);
        return Remove($"remove neighbour {address} from link {linkIndex}", request);
    }

    internal static bool TryReadAddress(ReadOnlySpan<byte> payload, out int linkIndex, out IpInterfaceAddress address)
    {
        (linkIndex, address) = (0, default);
        if (!MemoryMarshal.TryRead(payload, out IfAddrMsg header))
            return false;
        linkIndex = header.ifa_index;
        IpAddress local = default, peer = default;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<IfAddrMsg>()..]);
        while (attributes.Read())
        {
            // IFA_LOCAL is the link's own address; IPv6 gives only IFA_ADDRESS, which for IPv4 may be a peer's.
            if (attributes.Type == Wire.IFA_LOCAL)
                local = ReadIp(attributes.Value);
            else if (attributes.Type == Wire.IFA_ADDRESS)
                peer = ReadIp(attributes.Value);
        }

        var own = local.IsValid ? local : peer;
        if (!own.IsValid || header.ifa_prefixlen > own.BitLength)
            return false;
        address = new IpInterfaceAddress(own, header.ifa_prefixlen);
        return true;
    }

    internal static bool TryReadRoute(ReadOnlySpan<byte> payload, out Route route)
    {
        route = null!;
        if (!MemoryMarshal.TryRead(payload, out RtMsg header)
            || header.rtm_type != Wire.RTN_UNICAST
            || header.rtm_table != Wire.RT_TABLE_MAIN
            || header.rtm_family is not (Wire.AF_INET or Wire.AF_INET6))
        {
            return false;
        }

        var link = 0;
        IpAddress? gateway = null;
        var network = header.rtm_family == Wire.AF_INET ? IpAddress.FromV4(0) : IpAddress.FromV6(0);
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<RtMsg>()..]);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case Wire.RTA_DST:
                    network = ReadIp(attributes.Value);
                    break;
                case Wire.RTA_GATEWAY:
                    gateway = ReadIp(attributes.Value);
                    break;
                case Wire.RTA_OIF:
                    link = (int)attributes.UInt32;
                    break;
            }
        }

        if (!network.IsValid || gateway is { IsValid: false } || header.rtm_dst_len > network.BitLength)
            return false;
        route = new Route
        {
            Destination = IpPrefix.Containing(network, header.rtm_dst_len),
            Gateway = gateway,
            LinkIndex = link,
        };
        return true;
    }

    private static RequestWriter AddressRequest(
        Span<byte> buffer, ushort type, ushort flags, int linkIndex, IpInterfaceAddress address)
    {
        var request = new RequestWriter(buffer, type, flags);
        request.Append(new IfAddrMsg
        {
            ifa_family = Family(address.Family),
            ifa_prefixlen = (byte)address.Length,
            ifa_index = linkIndex,
        });
        request.Attribute(Wire.IFA_LOCAL, address.Address);
        request.Attribute(Wire.IFA_ADDRESS, address.Address);
        return request;
    }

    private static RequestWriter RouteRequest(Span<byte> buffer, ushort type, ushort flags, Route route, uint nextHopFlags)
    {
        var request = new RequestWriter(buffer, type, flags);
        request.Append(new RtMsg
        {
            rtm_family = Family(route.Destination.Family),
            rtm_dst_len = (byte)route.Destination.Length,
            rtm_table = Wire.RT_TABLE_MAIN,
            rtm_protocol = Wire.RTPROT_STATIC,
            rtm_scope = route.Gateway is null && route.Destination.IsV4 ? Wire.RT_SCOPE_LINK : Wire.RT_SCOPE_UNIVERSE,
            rtm_type = Wire.RTN_UNICAST,
            rtm_flags = nextHopFlags,
        });
        if (route.Destination.Length > 0)
            request.Attribute(Wire.RTA_DST, route.Destination.Network);
        if (route.Gateway is { } gateway)
            request.Attribute(Wire.RTA_GATEWAY, gateway);
        request.Attribute(Wire.RTA_OIF, (uint)route.LinkIndex);
        return request;
    }

    private static RequestWriter NeighbourRequest(Span<byte> buffer, ushort type, ushort flags, int linkIndex, IpAddress address)
    {
        var request = new RequestWriter(buffer, type, flags);
        request.Append(new NdMsg { ndm_family = Family(address.Family), ndm_ifindex = linkIndex, ndm_state = Wire.NUD_PERMANENT });
        request.Attribute(Wire.NDA_DST, address);
        return request;
    }

    private bool Remove(string operation, RequestWriter request)
    {
        try
        {
            Transact(operation, request);
            return true;
        }
        catch (NetlinkException e)
            when (e.Errno is Errno.NoEntry or Errno.NoSuchRoute or Errno.NoDevice or Errno.AddressNotAvailable)
        {
            return false;
        }
    }

    private static IpAddress ReadIp(ReadOnlySpan<byte> bytes) =>
        bytes.Length is 4 or 16 ? IpAddress.FromBytes(bytes) : default;

    private static byte Family(IpFamily family) => family switch
    {
        IpFamily.V4 => Wire.AF_INET,
        IpFamily.V6 => Wire.AF_INET6,
        _ => throw new ArgumentException("the address is not set", nameof(family)),
    };
}
