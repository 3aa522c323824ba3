using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cni.Netlink.Messages;
using Fabric.Primitives;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    // Leaves the counters and virtual functions out of the answer: RTEXT_FILTER_SKIP_STATS.
    private const uint SkipStatistics = 1 << 3;

    /// <summary>Makes both ends in one message, so that there is never a half of it, nor an end in the wrong namespace.</summary>
    /// <remarks>
    /// Both ends are down. The other end cannot be made up in the same message: opening a veth whose partner is not yet
    /// registered fails with ENOTCONN.
    /// </remarks>
    /// <returns>The index of the end in this namespace.</returns>
    /// <exception cref="NetlinkException"><see cref="Errno.Exists"/> if either name is taken.</exception>
    public int CreateVethPair(VethPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        RequireName(pair.HostName);
        RequireName(pair.PeerName);
        var added = false;
        pair.PeerNamespace?.DangerousAddRef(ref added);
        try
        {
            var request = new RequestWriter(
                stackalloc byte[RequestBytes],
                Wire.RTM_NEWLINK,
                Wire.NLM_F_ACK | Wire.NLM_F_ECHO | Wire.NLM_F_CREATE | Wire.NLM_F_EXCL);
            request.Append(default(IfInfoMsg));
            request.Attribute(Wire.IFLA_IFNAME, pair.HostName);
            request.Attribute(Wire.IFLA_MTU, (uint)pair.Mtu.Bytes);
            if (pair.HostMac is { } mac)
                request.Attribute(Wire.IFLA_ADDRESS, mac);
            var info = request.BeginNest(Wire.IFLA_LINKINFO);
            request.Attribute(Wire.IFLA_INFO_KIND, "veth"u8);
            var data = request.BeginNest(Wire.IFLA_INFO_DATA);
            var peer = request.BeginNest(Wire.VETH_INFO_PEER);
            request.Append(default(IfInfoMsg));
            request.Attribute(Wire.IFLA_IFNAME, pair.PeerName);
            request.Attribute(Wire.IFLA_MTU, (uint)pair.Mtu.Bytes);
            request.Attribute(Wire.IFLA_ADDRESS, pair.PeerMac);
            if (pair.PeerNamespace is { } target)
                request.Attribute(Wire.IFLA_NET_NS_FD, (uint)target.DangerousGetHandle());
            request.EndNest(peer);
            request.EndNest(data);
            request.EndNest(info);

            var index = 0;
            Transact($"create veth {pair.HostName}", request, (type, payload) =>
            {
                if (type == Wire.RTM_NEWLINK && TryReadLink(payload, out var link) && link.Name == pair.HostName)
                    index = link.Index;
            });
            return index;
        }
        finally
        {
            if (added)
                pair.PeerNamespace!.DangerousRelease();
        }
    }

    /// <returns>The link of that name, or null.</returns>
    public Link? FindLink(string name)
    {
        RequireName(name);
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETLINK, Wire.NLM_F_ACK);
        request.Append(default(IfInfoMsg));
        request.Attribute(Wire.IFLA_IFNAME, name);
        request.Attribute(Wire.IFLA_EXT_MASK, SkipStatistics);
        return FindLink($"look up link {name}", request);
    }

    /// <returns>The link of that index, or null.</returns>
    public Link? FindLink(int index)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETLINK, Wire.NLM_F_ACK);
        request.Append(new IfInfoMsg { ifi_index = index });
        request.Attribute(Wire.IFLA_EXT_MASK, SkipStatistics);
        return FindLink($"look up link {index}", request);
    }

    /// <returns>Every link of the namespace.</returns>
    public IReadOnlyList<Link> GetLinks()
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETLINK, Wire.NLM_F_DUMP);
        request.Append(default(IfInfoMsg));
        request.Attribute(Wire.IFLA_EXT_MASK, SkipStatistics);
        var links = new List<Link>();
        Transact("list links", request, (type, payload) =>
        {
            if (type == Wire.RTM_NEWLINK && TryReadLink(payload, out var link))
                links.Add(link);
        });
        return links;
    }

    /// <returns>What became of the frames that a link was to send, or null when there is no such link.</returns>
    public LinkQueue? FindQueue(int index)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETLINK, Wire.NLM_F_ACK);
        request.Append(new IfInfoMsg { ifi_index = index });
        LinkQueue? queue = null;
        try
        {
            Transact($"read the counters of link {index}", request, (type, payload) =>
            {
                if (type == Wire.RTM_NEWLINK && payload.Length > Unsafe.SizeOf<IfInfoMsg>())
                    queue = ReadQueue(payload[Unsafe.SizeOf<IfInfoMsg>()..]) ?? queue;
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoDevice)
        {
            return null;
        }

        return queue;
    }

    private static LinkQueue? ReadQueue(ReadOnlySpan<byte> payload)
    {
        // struct rtnl_link_stats64 begins with packets, bytes, errors and drops, each received and sent.
        const int SentAt = 1, DroppedAt = 7;
        var attributes = new AttributeReader(payload);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.IFLA_STATS64 && attributes.Value.Length >= (DroppedAt + 1) * sizeof(ulong))
            {
                return new LinkQueue(
                    (long)MemoryMarshal.Read<ulong>(attributes.Value[(SentAt * sizeof(ulong))..]), (long)MemoryMarshal.Read<ulong>(attributes.Value[(DroppedAt * sizeof(ulong))..]));
            }
        }

        return null;
    }

    /// <summary>Sets a link administratively up or down.</summary>
    public void SetUp(int index, bool up = true) =>
        ChangeLink($"set link {index} {(up ? "up" : "down")}", new IfInfoMsg
        {
            ifi_index = index,
            ifi_flags = up ? Wire.IFF_UP : 0,
            ifi_change = Wire.IFF_UP,
        });

    /// <summary>Renames a link; older kernels demand that it is down.</summary>
    public void Rename(int index, string name)
    {
        RequireName(name);
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWLINK, Wire.NLM_F_ACK);
        request.Append(new IfInfoMsg { ifi_index = index });
        request.Attribute(Wire.IFLA_IFNAME, name);
        Transact($"rename link {index} to {name}", request);
    }

    /// <summary>Gives a link another hardware address.</summary>
    public void SetMac(int index, MacAddress mac)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWLINK, Wire.NLM_F_ACK);
        request.Append(new IfInfoMsg { ifi_index = index });
        request.Attribute(Wire.IFLA_ADDRESS, mac);
        Transact($"set the MAC of link {index} to {mac}", request);
    }

    /// <summary>Sets the largest payload of a link's frames.</summary>
    public void SetMtu(int index, Mtu mtu)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWLINK, Wire.NLM_F_ACK);
        request.Append(new IfInfoMsg { ifi_index = index });
        request.Attribute(Wire.IFLA_MTU, (uint)mtu.Bytes);
        Transact($"set the MTU of link {index} to {mtu}", request);
    }

    /// <summary>Removes a link; one end of a veth takes the other with it.</summary>
    /// <returns>Whether there was such a link.</returns>
    public bool DeleteLink(string name)
    {
        RequireName(name);
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_DELLINK, Wire.NLM_F_ACK);
        request.Append(default(IfInfoMsg));
        request.Attribute(Wire.IFLA_IFNAME, name);
        try
        {
            Transact($"delete link {name}", request);
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoDevice)
        {
            return false;
        }
    }

    internal static bool TryReadLink(ReadOnlySpan<byte> payload, out Link link)
    {
        link = null!;
        if (!MemoryMarshal.TryRead(payload, out IfInfoMsg header) || header.ifi_index <= 0)
            return false;
        var (name, mtu, peer, master, kind, mac) = ("", 0, (int?)null, (int?)null, (string?)null, (MacAddress?)null);
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<IfInfoMsg>()..]);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case Wire.IFLA_IFNAME:
                    name = attributes.Text;
                    break;
                case Wire.IFLA_MTU:
                    mtu = (int)Math.Min(attributes.UInt32, int.MaxValue);
                    break;
                case Wire.IFLA_LINK:
                    peer = (int)attributes.UInt32;
                    break;
                case Wire.IFLA_MASTER:
                    master = (int)attributes.UInt32;
                    break;
                case Wire.IFLA_ADDRESS when attributes.Value.Length == 6:
                    mac = MacAddress.FromBytes(attributes.Value);
                    break;
                case Wire.IFLA_LINKINFO:
                    kind = ReadKind(attributes.Value);
                    break;
            }
        }

        link = new Link
        {
            Index = header.ifi_index,
            Name = name,
            Mac = mac,
            MtuBytes = mtu,
            IsUp = (header.ifi_flags & Wire.IFF_UP) != 0,
            Kind = kind,
            Master = master,
            PeerIndex = peer,
        };
        return name.Length > 0;
    }

    private static string? ReadKind(ReadOnlySpan<byte> info)
    {
        var attributes = new AttributeReader(info);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.IFLA_INFO_KIND)
                return attributes.Text;
        }

        return null;
    }

    private Link? FindLink(string operation, RequestWriter request)
    {
        Link? found = null;
        try
        {
            Transact(operation, request, (type, payload) =>
            {
                if (type == Wire.RTM_NEWLINK && TryReadLink(payload, out var link))
                    found = link;
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoDevice)
        {
            return null;
        }

        return found;
    }

    private void ChangeLink(string operation, in IfInfoMsg change)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWLINK, Wire.NLM_F_ACK);
        request.Append(in change);
        Transact(operation, request);
    }

    private static void RequireName(string name)
    {
        if (!LinkName.IsValid(name))
            throw new ArgumentException($"\"{name}\" is not a link name", nameof(name));
    }
}
