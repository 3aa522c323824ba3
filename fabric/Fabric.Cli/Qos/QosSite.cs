using System.Globalization;
using System.Net;
using Cni.Netlink;
using Fabric.Bench;
using Fabric.Bench.Datapath;
using Fabric.Bench.Qos;
using Fabric.Cli.Datapath;
using Fabric.Cli.Guests;
using Fabric.Kube;
using Fabric.Primitives;
using Fabric.Resources;
using Lab.Runner.Processes;

namespace Fabric.Cli.Qos;

/// <summary>A lab of two nodes, in which one pod, and a VM when it is asked for, is bound to a QosPolicy that the benchmark changes.</summary>
internal sealed class QosSite : IQosSite
{
    private const string Policy = "bench";
    private static readonly ObjectKey Vm = new("default", "limited");
    private static readonly TimeSpan ChangeDeadline = TimeSpan.FromSeconds(20);

    private readonly LabSite _lab;
    private readonly KubeClient _client;
    private string? _launcher;

    private QosSite(LabSite lab) => (_lab, _client) = (lab, lab.Lab.Connect());

    /// <inheritdoc/>
    public int Mtu
    {
        get
        {
            using var pod = NetnsScope.OpenSocket(_lab.PodOf("a"));
            return pod.FindLink("eth0")!.MtuBytes;
        }
    }

    /// <summary>Brings the lab up; nothing of it stays when that fails.</summary>
    internal static async Task<IQosSite> PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken) =>
        new QosSite(await LabSite.PrepareAsync(Policy, progress, cancellationToken));

    /// <inheritdoc/>
    public PathEnds Path(bool sameNode, bool toLimited, bool v6)
    {
        var other = sameNode ? "near" : "far";
        return toLimited ? Ends(other, "a", v6) : Ends("a", other, v6);
    }

    /// <inheritdoc/>
    public PathEnds Neighbours => Ends("near", "far", v6: false);

    /// <inheritdoc/>
    public async Task<GuestEnds> StartVmAsync(CancellationToken cancellationToken)
    {
        await _lab.ApplyAsync(
            $$"""
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: {{Vm.Name}}, namespace: {{Vm.Namespace}}}
            spec:
              runStrategy: Always
              template:
                metadata:
                  annotations: {{{FabricApi.QosPolicyAnnotation}}: {{Policy}}}
                spec:
                  nodeSelector: {kubernetes.io/hostname: node1}
                  terminationGracePeriodSeconds: 0
                  networks:
                  - name: lan
                    pod: {}
                  domain:
                    memory: {guest: 128Mi}
                    devices:
                      interfaces:
                      - name: lan
                        bridge: {}
            """,
            cancellationToken);
        var guest = new LabGuest(_lab.Lab, _client, Vm, "lan");
        await guest.ServeAsync(cancellationToken);
        _launcher = await _lab.Lab.NamespaceOfAsync(new ObjectKey(Vm.Namespace, (await guest.StatusAsync(cancellationToken)).Attachments[0].PodName), cancellationToken);
        using var links = NetnsScope.OpenSocket(_launcher);
        return new GuestEnds(
            _lab.PodOf("near"), _lab.PodOf("far"), _launcher, links.GetLinks().First(link => link.Kind == "tun").Name,
            new IPEndPoint(guest.Address, LabGuest.SinkPort), new IPEndPoint(guest.Address, LabGuest.SourcePort), new IPEndPoint(guest.Address, LabGuest.FloodPort));
    }

    /// <inheritdoc/>
    public async Task LimitAsync(QosRates? rates, CancellationToken cancellationToken)
    {
        var limit = rates is null ? null : string.Create(
            CultureInfo.InvariantCulture, $"{{average: {rates.Average}, peak: {rates.Peak ?? rates.Average}{(rates.Burst is { } burst ? $", burst: {burst}" : "")}}}");
        await _lab.ApplyAsync(
            $$"""
            apiVersion: fabric.vmnet.io/v1alpha1
            kind: QosPolicy
            metadata: {name: {{Policy}}}
            spec: {priority: 7{{(limit is null ? "" : $", ingress: {limit}, egress: {limit}")}}}
            """,
            cancellationToken);
        await UntilAsync(() => IsInForce(_lab.PodOf("a"), rates?.Average) && (_launcher is null || IsInForce(_launcher, rates?.Average)), $"the limits of {rates?.Average.ToString() ?? "nothing"} are not in force on the node", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RateUplinkAsync(BitRate? rate, CancellationToken cancellationToken)
    {
        await _lab.RateUplinkAsync(rate, cancellationToken);
        using var node = NetnsScope.OpenSocket(_lab.NodeOf("a"));
        var nic = node.FindLink("eth0")!.Index;
        await UntilAsync(() => node.GetEgressFilters(nic).Count > 0 == rate is not null, $"the uplink's rate of {rate?.ToString() ?? "nothing"} is not in force", cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    private static async Task UntilAsync(Func<bool> isSo, string otherwise, CancellationToken cancellationToken)
    {
        if (!await Until.TrueAsync(isSo, ChangeDeadline, cancellationToken))
        {
            throw new BenchException($"{otherwise} after {ChangeDeadline.TotalSeconds:0} s");
        }
    }

    /// <summary>Asks the kernel, not Fabric: the queues of the node's end of the veth and of the shaper.</summary>
    private bool IsInForce(string limited, BitRate? average)
    {
        using var pod = NetnsScope.OpenSocket(limited);
        using var node = NetnsScope.OpenSocket(_lab.NodeOf("a"));
        // A launcher's is a port of the guest's bridge, under another name.
        var host = node.FindLink(pod.GetLinks().First(link => link.Kind == "veth").PeerIndex!.Value)!;
        var shaper = node.FindLink("fs" + host.Name[2..]);
        return node.FindTokenBucket(host.Index)?.Rate == average && (shaper is null ? null : node.FindTokenBucket(shaper.Index)?.Rate) == average;
    }

    private PathEnds Ends(string client, string server, bool v6)
    {
        using var pod = NetnsScope.OpenSocket(_lab.PodOf(server));
        var address = pod.GetAddresses(pod.FindLink("eth0")!.Index).Select(each => each.Address.ToIPAddress()).First(each =>
            each.AddressFamily == (v6 ? System.Net.Sockets.AddressFamily.InterNetworkV6 : System.Net.Sockets.AddressFamily.InterNetwork) && !each.IsIPv6LinkLocal);
        return new PathEnds(_lab.PodOf(client), _lab.PodOf(server), address);
    }
}
