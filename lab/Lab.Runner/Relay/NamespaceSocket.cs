using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lab.Runner.Interop;
using Microsoft.Win32.SafeHandles;

namespace Lab.Runner.Relay;

/// <summary>Sockets that live in another network namespace.</summary>
public static class NamespaceSocket
{
    /// <summary>Opens a TCP socket in a named namespace.</summary>
    /// <exception cref="IOException">The namespace is gone or may not be entered.</exception>
    public static Socket OpenTcp(string name) => Open($"/run/netns/{name}", () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    /// <summary>Opens a socket in the namespace at a path; it stays there whichever thread uses it later (network_namespaces(7)).</summary>
    /// <remarks>The thread that enters the namespace is made for this and ends with it, so no other work ever runs there.</remarks>
    /// <exception cref="IOException">The namespace is gone or may not be entered.</exception>
    public static Socket Open(string path, Func<Socket> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        Socket? socket = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle(path);
                if (Libc.SetNs(handle, Libc.CloneNewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                socket = open();
            }
            catch (Exception e) when (e is IOException or Win32Exception or UnauthorizedAccessException or SocketException)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new IOException($"cannot open a socket in network namespace {path}: {failure?.Message}", failure);
    }
}
