using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Cni.Netlink;
using Fabric.Primitives;
using Node.Testing;

namespace Bpf.FastPath.Tests.Endpoints;

/// <summary>
/// A pod and its node: the veth pair made as the agent makes it, and a kernel tap that stands where Open vSwitch's
/// internal port is in its userspace datapath, which is a tap as well.
/// </summary>
internal sealed class EndpointFixture : IIngressHooks, IDisposable
{
    public const string PodAddress = "10.77.0.2";
    public static readonly MacAddress PodMac = MacAddress.Parse("02:00:00:00:77:02");
    public static readonly MacAddress FarMac = MacAddress.Parse("02:00:00:00:77:01");

    private readonly TestNetns _node = new("n");
    private readonly RouteSocket _links;

    public EndpointFixture()
    {
        Pod = new TestNetns("p");
        _links = NetnsScope.OpenSocket(_node.Path);
        using (var target = NetnsScope.OpenNamespace(Pod.Path))
        {
            _links.CreateVethPair(new VethPair
            {
                HostName = "fbpod",
                PeerName = "eth0",
                PeerMac = PodMac,
                Mtu = new Mtu(1442),
                PeerNamespace = target,
            });
        }

        Tap = TapDevice.Open(_node.Path, "ovpod");
        var (host, ovs) = (_links.FindLink("fbpod")!.Index, _links.FindLink("ovpod")!.Index);
        Devices = new EndpointDevices(host, ovs);
        _links.SetUp(host);
        _links.SetUp(ovs);
        using var pod = NetnsScope.OpenSocket(Pod.Path);
        var eth0 = pod.FindLink("eth0")!.Index;
        pod.SetUp(eth0);
        pod.AddAddress(eth0, IpInterfaceAddress.Parse($"{PodAddress}/24"));
        pod.ReplaceNeighbour(eth0, IpAddress.Parse("10.77.0.1"), FarMac);
    }

    public TestNetns Pod { get; }

    public TapDevice Tap { get; }

    public EndpointDevices Devices { get; }

    public IReadOnlyList<IngressFilter> FiltersOf(int link) => _links.GetIngressFilters(link);

    public void Attach(int linkIndex, SafeHandle program, string name)
    {
        _links.EnsureClsact(linkIndex);
        _links.AttachIngress(linkIndex, program, name);
    }

    public uint? FindRunning(string name) => _links.GetLinks()
        .SelectMany(link => _links.GetIngressFilters(link.Index))
        .FirstOrDefault(filter => filter.Name == name)?.ProgramId;

    public void Detach(int linkIndex) => _links.DetachIngress(linkIndex);

    public string Ethtool(params string[] arguments) => Pod.Run("ethtool", arguments);

    public void Dispose()
    {
        Tap.Dispose();
        _links.Dispose();
        Pod.Dispose();
        _node.Dispose();
    }
}
