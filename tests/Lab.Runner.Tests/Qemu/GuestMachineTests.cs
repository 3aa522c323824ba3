using Lab.Runner.Guest;
using Lab.Runner.Processes;
using Lab.Runner.Qemu;
using Lab.Runner.State;

namespace Lab.Runner.Tests.Qemu;

public sealed class GuestMachineTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [NeedsRootFact]
    public async Task Guest_boots_takes_its_address_by_DHCP_runs_commands_and_powers_off()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var image = await new GuestImageBuilder(Cache()).GetAsync(progress: null, cancellation);
        await using var lab = TestLab.Create(nodes: 1);
        var name = $"{lab.Folder.Id.Prefix}-g";
        lab.Ledger.Add(new NamespaceMade(name));
        await Tool.RunAsync("ip", ["netns", "add", name], cancellation);
        await TestLab.InAsync(name, "sh", "-c", "ip tuntap add dev tap0 mode tap; ip addr add 10.9.0.1/24 dev tap0; ip link set tap0 up");
        var folder = lab.Folder.Guest("u1");
        Directory.CreateDirectory(lab.Folder.Guests);
        var config = Path.Combine(lab.Folder.Path, "udhcpd.conf");
        await File.WriteAllTextAsync(config, $"interface tap0\nstart 10.9.0.2\nend 10.9.0.2\nopt subnet 255.255.255.0\nopt router 10.9.0.1\nopt dns 10.9.0.1\nlease_file {lab.Folder.Path}/leases\npidfile {lab.Folder.Path}/udhcpd.pid\n", cancellation);
        await File.WriteAllTextAsync($"{lab.Folder.Path}/leases", "", cancellation);
        await lab.Launcher.StartAsync(new DaemonStart("udhcpd", "busybox", ["udhcpd", "-f", config], Path.Combine(lab.Folder.Path, "udhcpd.log"), name), cancellation);

        var guest = await GuestMachine.StartAsync(
            new GuestStart
            {
                Name = "guest", Hostname = "g1", Folder = folder, NetworkNamespace = $"/run/netns/{name}", MemoryMiB = 128, Image = image,
                Nics = [new GuestNic("tap0", "02:00:00:00:00:09", new GuestIpv6("fd09::2/120", "fd09::1"))],
            },
            lab.Launcher,
            cancellation);
        var began = DateTime.UtcNow;
        Assert.True(await guest.WaitReadyAsync(TimeSpan.FromSeconds(60), cancellation), File.ReadAllText(guest.ConsoleLog));
        output.WriteLine($"ready after {(DateTime.UtcNow - began).TotalSeconds:0.0} s");

        var address = await guest.Commands.RunAsync(["ip", "-4", "-o", "addr", "show", "dev", "eth0"], Deadline, cancellation);
        Assert.Contains("10.9.0.2/24", address.Output, StringComparison.Ordinal);
        // It is ready when it has an address by DHCP; the other it gives itself meanwhile.
        ToolResult ipv6 = default;
        Assert.True(
            await Until.TrueAsync(
                async ct => (ipv6 = await guest.Commands.RunScriptAsync("ip -6 -o addr show dev eth0; ip -6 route", Deadline, ct)).Output.Contains("default via ", StringComparison.Ordinal),
                Deadline, cancellation),
            ipv6.Output);
        Assert.Contains("fd09::2/120", ipv6.Output, StringComparison.Ordinal);
        Assert.Contains("default via fd09::1 dev eth0", ipv6.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("tentative", ipv6.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await guest.Commands.RunScriptAsync("dhclient --version", Deadline, cancellation)).ExitCode);
        var lease = await guest.Commands.RunAsync(["cat", "/run/dhcp.eth0"], Deadline, cancellation);
        Assert.Contains("serverid=10.9.0.1", lease.Output, StringComparison.Ordinal);
        var failure = await guest.Commands.RunScriptAsync("echo \"it's out\"; echo err >&2; exit 7", Deadline, cancellation);
        Assert.Equal(new ToolResult(7, "it's out\n", "err\n"), failure);
        Assert.Equal("g1\n", (await guest.Commands.RunAsync(["hostname"], Deadline, cancellation)).Output);

        Assert.NotNull(GuestMachine.Open(folder));
        await guest.StopAsync(TimeSpan.FromSeconds(10), cancellation);
        Assert.False(guest.IsRunning);
        Assert.Null(GuestMachine.Open(folder));
    }

    private static string Cache()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder.TrimEnd('/')))
        {
            if (File.Exists(Path.Combine(folder, "Fabric.sln")))
            {
                return Path.Combine(folder, "artifacts", "guest");
            }
        }

        throw new DirectoryNotFoundException("Fabric.sln");
    }
}
