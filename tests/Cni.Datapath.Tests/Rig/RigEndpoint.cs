using System.Net;
using Bpf.FastPath.Endpoints;
using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests.Rig;

/// <summary>A pod of the rig: a namespace with eth0, or a virtual machine behind it.</summary>
internal sealed record RigEndpoint(
    EndpointKind Kind, string Name, string Network, string Address, string? Address6, string Mac, string PodNamespace, int Mtu) : IDisposable
{
    private VirtioMachine? _machine;

    public RigNode? Node { get; set; }

    public EndpointDevices Devices { get; set; }

    /// <summary>Whether it is held to a limit together with others.</summary>
    public bool IsInSum { get; set; }

    public string Host => $"fb{Name}";

    public string Port => $"ov{Name}";

    /// <summary>The shapers of the only sum there is.</summary>
    public static SumNames Sum => new(new ShaperNames("fi-sum", "fj-sum"), new ShaperNames("fk-sum", "fl-sum"));

    public ShaperNames Shaper => new($"fs{Name}", $"ft{Name}");

    public IPAddress Ip => IPAddress.Parse(Address);

    public IPAddress Ip6 => IPAddress.Parse(Address6!);

    public IPAddress Of(bool v6) => v6 ? Ip6 : Ip;

    /// <summary>Where its eth0 and its sockets are.</summary>
    public string Namespace => _machine?.Guest ?? PodNamespace;

    public string NetnsPath => $"/run/netns/{Namespace}";

    public string Gateway => Address[..Address.LastIndexOf('.')] + ".1";

    public void MakeNamespace()
    {
        Command.Run("ip", "netns", "add", PodNamespace);
        Run("ip", "link", "set", "lo", "up");
        Run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_ra=0");
    }

    public string Run(string file, params string[] arguments) => Command.Run("nsenter", [$"--net={NetnsPath}", file, .. arguments]);

    public bool TryRun(string file, params string[] arguments) => Command.TryRun("nsenter", [$"--net={NetnsPath}", file, .. arguments]);

    /// <summary>Makes what is behind the pod's device, which is there.</summary>
    public void Configure()
    {
        if (Kind == EndpointKind.VirtualMachine)
            _machine = new VirtioMachine(PodNamespace, Mac, Mtu);
        if (Kind == EndpointKind.WithoutOffloads)
            Run("ethtool", ["-K", "eth0", .. Offloads.Off]);
        Run("ip", "address", "add", $"{Address}/24", "dev", "eth0");
        Run("ip", "link", "set", "eth0", "up");
        Run("ip", "route", "add", "default", "via", Gateway);
        if (Address6 is not null)
        {
            Run("ip", "-6", "address", "add", $"{Address6}/64", "dev", "eth0", "nodad");
            Run("ip", "-6", "route", "add", "default", "via", Address6[..Address6.LastIndexOf("::", StringComparison.Ordinal)] + "::1");
        }
    }

    public void Dispose()
    {
        _machine?.Dispose();
        Command.TryRun("ip", "netns", "delete", PodNamespace);
    }

    public EndpointTraffic Sent => Node!.Datapath.ReadCounters(Devices)!.Value.Sent;

    public EndpointTraffic Received => Node!.Datapath.ReadCounters(Devices)!.Value.Received;

    public ulong Missed(FastPathMiss reason) => Sent.Misses.FirstOrDefault(miss => miss.Reason == reason).Frames;
}
