using System.Net;
using System.Net.Sockets;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Attaching;

/// <summary>What a Nic may serve, held on its node and with real frames: what comes of it is the same before and after a change.</summary>
public sealed class ServiceTests(NodeFixture node)
{
    // ICMPv6.
    private const byte EchoRequest = 128;
    private const byte RouterAdvertisement = 134;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Whether_a_Nic_may_advertise_itself_as_a_router_changes_while_it_runs()
    {
        using var router = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        using var host = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        foreach (var workload in new[] { router, host })
            Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);
        using var speaking = Frames(router);
        using var hearing = Frames(host);

        Assert.False(Arrives());
        await AllowAsync(NicService.RouterAdvertisement);
        await Eventually.HoldsAsync(Arrives);
        await AllowAsync();
        await Eventually.HoldsAsync(() => !Arrives());
        foreach (var workload in new[] { router, host })
            Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);

        // A frame behind it that nobody holds back says that it is not on the way any more.
        bool Arrives()
        {
            speaking.Send(ToAllHosts(router, RouterAdvertisement));
            speaking.Send(ToAllHosts(router, EchoRequest));
            var buffer = new byte[2048];
            var arrives = false;
            while (true)
            {
                var length = hearing.Receive(buffer);
                var isFromIt = length > 54 && buffer.AsSpan(6, 6).SequenceEqual(MacOf(router)) && buffer[12] == 0x86 && buffer[20] == 58;
                if (isFromIt && buffer[54] == EchoRequest)
                    return arrives;
                arrives |= isFromIt && buffer[54] == RouterAdvertisement;
            }
        }

        Task<Nic?> AllowAsync(params NicService[] services) => node.Api.Client.Resource(ResourceTypes.Nics).MutateAsync(
            ResourceTypes.Nics.KeyOf(router.Nic), nic => nic with { Spec = nic.Spec with { Serves = [.. services] } }, Cancelled)!;
    }

    private static byte[] MacOf(Workload workload)
    {
        var bytes = new byte[6];
        workload.Mac.TryWriteBytes(bytes, out _);
        return bytes;
    }

    /// <summary>From the link-local address that its MAC makes, which OVN lets it use.</summary>
    private static byte[] ToAllHosts(Workload from, byte type)
    {
        var mac = MacOf(from);
        return
        [
            0x33, 0x33, 0, 0, 0, 1, .. mac, 0x86, 0xdd,
            0x60, 0, 0, 0, 0, 16, 58, 255,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5],
            .. IPAddress.Parse("ff02::1").GetAddressBytes(),
            type, 0, .. new byte[14],
        ];
    }

    private static Socket Frames(Workload workload)
    {
        const int AllProtocols = 0x0300;
        var socket = NetnsScope.Run(workload.Sandbox.NetnsPath, () => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)AllProtocols));
        using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
        socket.Bind(new PacketEndPoint(pod.FindLink("eth0")!.Index));
        // As long as anything is waited for: on a busy machine the switch may stand still for a while.
        socket.ReceiveTimeout = 30_000;
        return socket;
    }

    /// <summary>struct sockaddr_ll (packet(7)).</summary>
    private sealed class PacketEndPoint(int link) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            (address[2], address[3]) = (0, 3);
            BitConverter.TryWriteBytes(address.Buffer.Span[4..], link);
            return address;
        }
    }
}
