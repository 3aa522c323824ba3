using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cni.Datapath.Tests.Rig;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Collects IPv4 frames that a pod's device is given and that are not for its MAC and address.</summary>
internal sealed unsafe class WrongFrames : IDisposable
{
    private const int SolSocket = 1;
    private const int SoAttachFilter = 26;
    private const ushort LoadWord = 0x20;
    private const ushort LoadHalf = 0x28;
    private const ushort LoadByte = 0x30;
    private const ushort JumpIfSet = 0x45;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    private readonly List<(Socket Socket, Thread Thread)> _watched = [];
    private readonly ConcurrentQueue<string> _frames = [];

    public WrongFrames(params RigEndpoint[] pods)
    {
        foreach (var pod in pods)
            Watch(pod);
    }

    /// <summary>Their bytes, and whose device it was.</summary>
    public IReadOnlyCollection<string> Frames => _frames;

    public void Watch(RigEndpoint pod)
    {
        // For all of the device's frames, whoever they are for.
        pod.Run("ip", "link", "set", "eth0", "promisc", "on");
        var socket = PodSocket.Frames(pod, each => Filter(each, pod));
        var thread = new Thread(() => Look(socket, pod.Name)) { IsBackground = true };
        thread.Start();
        _watched.Add((socket, thread));
    }

    public void Dispose()
    {
        foreach (var (socket, thread) in _watched)
        {
            socket.Close();
            thread.Join();
        }
    }

    /// <summary>Has the kernel pass wrong frames alone, so that the others cost nothing and none is missed (packet(7), bpf(4)).</summary>
    private static void Filter(Socket socket, RigEndpoint pod)
    {
        Span<byte> mac = stackalloc byte[6];
        MacAddress.Parse(pod.Mac).TryWriteBytes(mac, out _);
        var (high, low) = (BinaryPrimitives.ReadUInt32BigEndian(mac), BinaryPrimitives.ReadUInt16BigEndian(mac[4..]));
        var address = BinaryPrimitives.ReadUInt32BigEndian(pod.Ip.GetAddressBytes());
        ReadOnlySpan<Instruction> program =
        [
            new(LoadHalf, 0, 0, 12),
            new(JumpIfEqual, 0, 12, 0x0800),
            // For everybody.
            new(LoadByte, 0, 0, 0),
            new(JumpIfSet, 10, 0, 1),
            // What the pod itself sends is seen as well.
            new(LoadWord, 0, 0, 6),
            new(JumpIfEqual, 0, 2, high),
            new(LoadHalf, 0, 0, 10),
            new(JumpIfEqual, 6, 0, low),
            new(LoadWord, 0, 0, 0),
            new(JumpIfEqual, 0, 5, high),
            new(LoadHalf, 0, 0, 4),
            new(JumpIfEqual, 0, 3, low),
            new(LoadWord, 0, 0, 30),
            new(JumpIfEqual, 0, 1, address),
            new(Return, 0, 0, 0),
            new(Return, 0, 0, uint.MaxValue),
        ];
        fixed (Instruction* instructions = program)
        {
            var filter = new Program((ushort)program.Length, instructions);
            socket.SetRawSocketOption(SolSocket, SoAttachFilter, MemoryMarshal.AsBytes(new Span<Program>(ref filter)));
        }
    }

    private void Look(Socket socket, string pod)
    {
        var frame = new byte[2048];
        while (true)
        {
            try
            {
                var length = socket.Receive(frame);
                _frames.Enqueue($"{pod}: {Convert.ToHexString(frame, 0, length)}");
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>struct sock_filter.</summary>
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    /// <summary>struct sock_fprog.</summary>
    private readonly struct Program(ushort length, Instruction* instructions)
    {
        private readonly ushort _length = length;
        private readonly Instruction* _instructions = instructions;
    }
}
