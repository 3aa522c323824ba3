using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cni.Datapath.Tests.Rig;
using Lab.Runner.Interop;
using Microsoft.Win32.SafeHandles;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Sockets inside a pod.</summary>
internal static class PodSocket
{
    private const int AllProtocols = 0x0003;

    public static Socket Udp(RigEndpoint pod, IPAddress address, int port = 0) => In(pod, () =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000, ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    public static Socket Tcp(RigEndpoint pod, IPAddress address, int port = 0) => In(pod, () =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000, SendTimeout = 10_000, NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    /// <summary>ICMP messages, of the address's family.</summary>
    public static Socket Icmp(RigEndpoint pod, IPAddress address) => In(pod, () =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Raw, address.AddressFamily == AddressFamily.InterNetwork ? ProtocolType.Icmp : ProtocolType.IcmpV6);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    });

    /// <summary>Whole frames to and from the pod's device.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="filter">Called before the socket gets any.</param>
    public static Socket Frames(RigEndpoint pod, Action<Socket>? filter = null)
    {
        var index = uint.Parse(pod.Run("ip", "-o", "link", "show", "eth0").Split(':')[0]);
        return In(pod, () =>
        {
            var socket = new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Unspecified) { ReceiveTimeout = 500, ReceiveBufferSize = 8 << 20 };
            filter?.Invoke(socket);
            socket.Bind(new DeviceEndPoint(index));
            return socket;
        });
    }

    private static Socket In(RigEndpoint pod, Func<Socket> open)
    {
        Socket? socket = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle(pod.NetnsPath);
                if (Libc.SetNs(handle, Libc.CloneNewNet) != 0)
                    throw new IOException($"setns: error {Marshal.GetLastPInvokeError()}");
                socket = open();
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new IOException($"no socket in {pod.Namespace}: {failure?.Message}", failure);
    }

    /// <summary>struct sockaddr_ll, for all protocols of one device: a socket without a protocol gets nothing before it is bound (packet(7)).</summary>
    private sealed class DeviceEndPoint(uint index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            address[2] = 0;
            address[3] = AllProtocols;
            MemoryMarshal.Write(address.Buffer.Span[4..], index);
            return address;
        }
    }
}
