using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cni.Datapath.Tests.Rig;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>A TCP connection between two pods.</summary>
internal sealed class TcpPair : IDisposable
{
    private TcpPair(Socket client, Socket server)
    {
        Client = client;
        Server = server;
    }

    public Socket Client { get; }

    public Socket Server { get; }

    /// <param name="through">The address that is asked for, when it is not that of the pod.</param>
    public static TcpPair Connect(RigEndpoint from, IPAddress fromAddress, RigEndpoint to, IPAddress toAddress, int port, int fromPort = 0, IPAddress? through = null)
    {
        using var listener = PodSocket.Tcp(to, toAddress, port);
        listener.Listen(1);
        var client = PodSocket.Tcp(from, fromAddress, fromPort);
        try
        {
            var connecting = client.ConnectAsync(new IPEndPoint(through ?? toAddress, port));
            if (!connecting.Wait(TimeSpan.FromSeconds(30)))
                throw new TimeoutException("no connection");
            return new TcpPair(client, listener.Accept());
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A simultaneous open (RFC 9293, 3.5): each side has asked before it hears of the other.</summary>
    /// <param name="hold">Has what is sent during an action arrive after it.</param>
    public static async Task<TcpPair> ConnectBothAsync(RigEndpoint one, RigEndpoint other, int port, Action<Action> hold)
    {
        var pair = new TcpPair(PodSocket.Tcp(one, one.Ip, port), PodSocket.Tcp(other, other.Ip, port));
        try
        {
            Task[] connecting = [];
            hold(() => connecting = [pair.Client.ConnectAsync(new IPEndPoint(other.Ip, port)), pair.Server.ConnectAsync(new IPEndPoint(one.Ip, port))]);
            await Task.WhenAll(connecting).WaitAsync(TimeSpan.FromSeconds(30));
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <summary>Sends random bytes one way.</summary>
    /// <returns>Whether what arrived is what was sent.</returns>
    public static bool Transfer(Socket sender, Socket receiver, int bytes)
    {
        var data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        var sending = new Thread(() =>
        {
            try
            {
                for (var sent = 0; sent < bytes;)
                    sent += sender.Send(data.AsSpan(sent, Math.Min(1 << 16, bytes - sent)));
            }
            catch (SocketException)
            {
                // The receiver says what is missing.
            }
        });
        sending.Start();
        var arrived = new byte[bytes];
        var length = 0;
        try
        {
            while (length < bytes && receiver.Receive(arrived.AsSpan(length)) is > 0 and var read)
                length += read;
        }
        catch (SocketException)
        {
            return false;
        }

        sending.Join();
        return length == bytes && SHA256.HashData(arrived).AsSpan().SequenceEqual(SHA256.HashData(data));
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
