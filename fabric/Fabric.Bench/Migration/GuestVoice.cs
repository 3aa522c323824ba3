using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cni.Netlink;
using Fabric.Primitives;

namespace Fabric.Bench.Migration;

/// <summary>Hears at a guest's tap when it speaks.</summary>
public sealed class GuestVoice : IDisposable
{
    private const string TapKind = "tun";
    private const int MacBytes = 6;
    private const int SourceMac = 6;
    private const int EtherType = 12;
    private const int EthernetHeader = 14;

    private readonly Socket _socket;
    private readonly byte[] _mac;
    private readonly Thread _hearing;
    private volatile bool _isEnding;
    private long _firstFrame;
    private long _firstPacket;
    private long _lastPacket;

    private GuestVoice(Socket socket, MacAddress mac)
    {
        _socket = socket;
        _mac = new byte[MacBytes];
        mac.TryWriteBytes(_mac, out _);
        _hearing = new Thread(Hear) { IsBackground = true, Name = "tap" };
        _hearing.Start();
    }

    /// <summary>When it sent its first frame since it is listened to, as <see cref="Stopwatch.GetTimestamp"/> tells the time; 0 before.</summary>
    public long FirstFrame => Volatile.Read(ref _firstFrame);

    /// <summary>The same of its first IPv4 packet.</summary>
    public long FirstPacket => Volatile.Read(ref _firstPacket);

    /// <summary>The same of its last one.</summary>
    public long LastPacket => Volatile.Read(ref _lastPacket);

    /// <summary>Begins to listen in a launcher.</summary>
    /// <param name="launcher">The path of its network namespace.</param>
    /// <param name="mac">The guest's MAC.</param>
    /// <returns>Null while there is no tap.</returns>
    public static GuestVoice? TryListen(string launcher, MacAddress mac) => NetnsScope.Run(launcher, () =>
    {
        using var links = NetnsScope.OpenSocket();
        if (links.GetLinks().FirstOrDefault(link => link.Kind == TapKind) is not { } tap)
        {
            return null;
        }

        var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)IPAddress.HostToNetworkOrder((short)LinkEndPoint.EveryFrame)) { ReceiveTimeout = 100 };
        socket.Bind(new LinkEndPoint(tap.Index));
        return new GuestVoice(socket, mac);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _isEnding = true;
        _hearing.Join();
        _socket.Dispose();
    }

    private void Hear()
    {
        var frame = new byte[2048];
        while (!_isEnding)
        {
            try
            {
                if (_socket.Receive(frame) >= EthernetHeader && frame.AsSpan(SourceMac, _mac.Length).SequenceEqual(_mac))
                {
                    Note(Stopwatch.GetTimestamp(), isPacket: frame[EtherType] == 8 && frame[EtherType + 1] == 0);
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.NetworkDown or SocketError.MessageSize)
            {
                // Silence; or its launcher has gone.
            }
        }
    }

    private void Note(long now, bool isPacket)
    {
        Interlocked.CompareExchange(ref _firstFrame, now, 0);
        if (isPacket)
        {
            Interlocked.CompareExchange(ref _firstPacket, now, 0);
            Volatile.Write(ref _lastPacket, now);
        }
    }

    /// <summary>A link as packet(7) names it.</summary>
    private sealed class LinkEndPoint(int index) : EndPoint
    {
        /// <summary>ETH_P_ALL.</summary>
        internal const int EveryFrame = 3;

        // struct sockaddr_ll.
        private const int Size = 20;
        private const int ProtocolAt = 2;
        private const int IndexAt = 4;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, Size);
            address[ProtocolAt + 1] = EveryFrame;
            var bytes = BitConverter.GetBytes(index);
            for (var i = 0; i < bytes.Length; i++)
            {
                address[IndexAt + i] = bytes[i];
            }

            return address;
        }
    }
}
