using System.Net;
using System.Net.Sockets;
using System.Text;
using Lab.Runner.Processes;
using Lab.Runner.Relay;
using Lab.Runner.State;

namespace Lab.Runner.Tests.Relay;

public sealed class ApiRelayTests
{
    [NeedsRootFact]
    public async Task A_connection_on_the_host_reaches_the_server_inside_the_namespace_and_half_closes()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        await using TestLab lab = TestLab.Create(nodes: 1);
        string ns = lab.Record.CentralNamespace;
        lab.Ledger.Add(new NamespaceMade(ns));
        await Tool.RunAsync("ip", ["netns", "add", ns], cancelled);
        await Tool.RunAsync("ip", ["-n", ns, "link", "set", "lo", "up"], cancelled);
        using Socket server = NamespaceSocket.OpenTcp(ns);
        server.Bind(new IPEndPoint(IPAddress.Loopback, ApiRelay.ServerPort));
        server.Listen();
        Assert.DoesNotContain(
            System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(),
            e => e.Port == ApiRelay.ServerPort);

        LabRecord record = lab.Record with { ApiPort = ApiRelay.FreePort() };
        using ApiRelay relay = ApiRelay.Listen(record);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        Task running = relay.RunAsync(stop.Token);
        Assert.Contains(record.ApiPort.ToString(), Assert.Throws<LabException>(() => ApiRelay.Listen(record)).Message, StringComparison.Ordinal);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, record.ApiPort, cancelled);
        using var reader = new StreamReader(client.GetStream());
        using Socket accepted = await server.AcceptAsync(cancelled);
        byte[] much = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("fabric ", 100_000)));
        Task sending = SendAsync(client.Client, much, cancelled);
        using var received = new MemoryStream();
        using (var stream = new NetworkStream(accepted, ownsSocket: true))
        {
            await stream.CopyToAsync(received, cancelled);
            await stream.WriteAsync("bye"u8.ToArray(), cancelled);
        }

        await sending;
        Assert.Equal(much, received.ToArray());
        Assert.Equal("bye", await reader.ReadToEndAsync(cancelled));

        await stop.CancelAsync();
        await running;
    }

    [NeedsRootFact]
    public void A_namespace_that_is_gone_is_an_error_that_names_it() =>
        Assert.Contains("no-such", Assert.Throws<IOException>(() => NamespaceSocket.OpenTcp("no-such")).Message, StringComparison.Ordinal);

    private static async Task SendAsync(Socket socket, byte[] data, CancellationToken cancellationToken)
    {
        for (int sent = 0; sent < data.Length;)
        {
            sent += await socket.SendAsync(data.AsMemory(sent), cancellationToken);
        }

        socket.Shutdown(SocketShutdown.Send);
    }
}
