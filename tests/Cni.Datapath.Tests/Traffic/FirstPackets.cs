using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;
using Fabric.Policy.Evaluating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Opens connections between pods, by their number, and knows which first packets have arrived where they were to.</summary>
internal sealed class FirstPackets : IDisposable
{
    private const int IcmpHeader = 8;
    private const int IpHeader = 20;

    private readonly Dictionary<(string Pod, IpAddress Address, SecurityProtocol Protocol, int Port), Socket> _listening = [];
    private readonly List<IDisposable> _open = [];
    private readonly HashSet<(int Number, int IcmpType)> _received = [];
    private readonly List<Thread> _threads = [];
    private volatile bool _ended;

    /// <summary>Has a pod wait for a connection, before it is opened.</summary>
    public void Listen(RigEndpoint pod, Connection connection)
    {
        var key = (pod.Name, connection.To.Address, connection.Protocol, connection.Port);
        if (_listening.ContainsKey(key))
            return;
        var address = connection.To.Address.ToIPAddress();
        var socket = connection.Protocol switch
        {
            SecurityProtocol.TCP => PodSocket.Tcp(pod, address, connection.Port),
            SecurityProtocol.UDP => PodSocket.Udp(pod, address, connection.Port),
            _ => PodSocket.Icmp(pod, address),
        };
        _listening[key] = socket;
        _open.Add(socket);
        if (connection.Protocol == SecurityProtocol.TCP)
        {
            socket.Listen(64);
            return;
        }

        socket.ReceiveTimeout = 100;
        var thread = new Thread(() => Receive(socket, connection.Protocol)) { IsBackground = true };
        thread.Start();
        _threads.Add(thread);
    }

    /// <returns>Whether it has arrived by now.</returns>
    public Func<bool> Send(RigEndpoint pod, Connection connection, int number)
    {
        var (from, to) = (connection.From.Address.ToIPAddress(), new IPEndPoint(connection.To.Address.ToIPAddress(), connection.Port));
        if (connection.Protocol == SecurityProtocol.TCP)
        {
            var client = PodSocket.Tcp(pod, from);
            _open.Add(client);
            var connecting = client.ConnectAsync(to);
            return () => connecting.IsCompletedSuccessfully;
        }

        var isUdp = connection.Protocol == SecurityProtocol.UDP;
        var socket = isUdp ? PodSocket.Udp(pod, from) : PodSocket.Icmp(pod, from);
        _open.Add(socket);
        socket.SendTo(isUdp ? BitConverter.GetBytes(number) : Icmp(connection, number), to);
        return () =>
        {
            lock (_received)
                return _received.Contains((number, connection.IcmpType));
        };
    }

    public void Dispose()
    {
        _ended = true;
        _threads.ForEach(thread => thread.Join());
        _open.ForEach(each => each.Dispose());
    }

    // The kernel writes the checksum of ICMPv6 (RFC 3542 §3.1).
    private static byte[] Icmp(Connection connection, int number)
    {
        byte[] message = [(byte)connection.IcmpType, (byte)connection.IcmpCode, 0, 0, (byte)(number >> 8), (byte)number, 0, 1, .. BitConverter.GetBytes(number)];
        if (connection.Protocol == SecurityProtocol.ICMP)
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Frame.Checksum(message));
        return message;
    }

    private void Receive(Socket socket, SecurityProtocol protocol)
    {
        var buffer = new byte[128];
        while (!_ended)
        {
            try
            {
                var message = buffer.AsSpan(0, socket.Receive(buffer));
                // A raw socket of IPv4 is given the header as well (raw(7)).
                message = protocol == SecurityProtocol.ICMP && message.Length > IpHeader ? message[IpHeader..] : message;
                var isUdp = protocol == SecurityProtocol.UDP;
                if (message.Length == (isUdp ? 0 : IcmpHeader) + sizeof(int))
                {
                    lock (_received)
                        _received.Add((BitConverter.ToInt32(message[^sizeof(int)..]), isUdp ? 0 : message[0]));
                }
            }
            catch (SocketException)
            {
                // Nothing for now, or an answer to nobody.
            }
        }
    }
}
