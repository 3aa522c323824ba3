using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Cni.Agent.Serving;

/// <summary>Who is at the other end of a unix socket: SO_PEERCRED of unix(7), as it was when they connected.</summary>
internal static class PeerCredentials
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <returns>The user's number; 0 is root.</returns>
    internal static uint UserOf(Socket connection)
    {
        Span<byte> credentials = stackalloc byte[Marshal.SizeOf<UCred>()];
        connection.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return MemoryMarshal.Read<UCred>(credentials).Uid;
    }

    /// <summary>struct ucred.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct UCred
    {
        public readonly int Pid;
        public readonly uint Uid;
        public readonly uint Gid;
    }
}
