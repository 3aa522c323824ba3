using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Cni.Agent.Journal;
using Cni.Agent.Migrating;
using Cni.Agent.Observing;
using Cni.Agent.Serving;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Primitives;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Attaching;

/// <summary>
/// Makes and removes an endpoint's devices: the veth pair, and the eBPF that joins it to the switch's port. Removing takes
/// whatever is there, so that it follows a making that failed anywhere, and can be repeated.
/// </summary>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="vswitch">The node's switch.</param>
/// <param name="ports">Its ports.</param>
/// <param name="datapath">The eBPF programs.</param>
/// <param name="shapers">Hold endpoints to their limits.</param>
/// <param name="vms">What is on VMs' endpoints besides.</param>
/// <param name="steps">Takes the steps.</param>
/// <param name="logger">Is told what is left for later.</param>
internal sealed class EndpointBuilder(
    RouteSocket node, VswitchClient vswitch, SwitchPorts ports, EndpointDatapath datapath, EndpointShapers shapers, VmEndpoints vms, Steps steps, ILogger logger)
    : IDisposable
{
    // ovn-controller installs a port in 10 to 20 ms when the southbound database is small, in half a second at 5,000
    // ports: the rest is for a node that is given all its pods at once. Less than a request has, so that it can say what was missing.
    private static readonly TimeSpan InstallDeadline = TimeSpan.FromSeconds(90);

    // OVN says of the second node of a port that it has installed it; a version that does not is not waited for.
    private static readonly TimeSpan TargetPatience = TimeSpan.FromSeconds(5);

    // A switch that does not remove a port by then is waited for in the background: the container's device is gone already.
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(5);

    // The kernel has one lock for all changes of devices: more at once would only hold more threads.
    private readonly SemaphoreSlim _devices = new(Math.Max(4, Environment.ProcessorCount));

    /// <summary>Makes what is planned, with the default routes that the container lacks; returns when OVN lets frames pass.</summary>
    /// <returns>What the runtime is told.</returns>
    /// <exception cref="CniFailure">The runtime asked for what cannot be made, or it cannot be made now.</exception>
    internal async Task<CniResult> MakeAsync(EndpointPlan plan, CancellationToken cancellationToken)
    {
        var result = await ports.InTurnAsync(plan.Port.Name, inTurn => MakeInTurnAsync(plan, inTurn), cancellationToken);
        await steps.TakeAsync(AttachStep.Installed, () => plan.Record.Migration is null
            ? WaitInstalledAsync(plan.Devices.SwitchPort, cancellationToken)
            // The VM is still elsewhere, and is reached there.
            : vswitch.WaitReadyAsync(plan.Devices.SwitchPort, TargetPatience, cancellationToken));
        return result;
    }

    /// <summary>
    /// Removes an endpoint's devices; those that are gone make no difference. The port is removed unless the pod is still expected,
    /// which is waited for only for a while: it is seen to in any case.
    /// </summary>
    internal async Task RemoveAsync(AttachmentRecord record, CancellationToken cancellationToken)
    {
        await vms.HandBackAsync(record, cancellationToken);
        vms.End(record.Key);
        Unlink(DeviceNames.EndpointOf(record.Key));
        var port = DeviceNames.Of(record).SwitchPort;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(RemovalPatience);
        try
        {
            await vms.WaitGoneAsync(record, patience.Token);
            await ports.InTurnAsync(port, inTurn => ports.SettleAsync(port, inTurn), patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or OvsdbException or CniFailure)
        {
            logger.LogWarning("Port {Port} of pod {Pod} is seen to later: {Message}", port, record.PodName, e.Message);
            ports.Look(port);
        }
    }

    /// <summary>Removes the veth pair, its shaper, and what the maps say of them.</summary>
    internal void Unlink(string endpoint)
    {
        if (node.FindLink(endpoint) is { } link)
        {
            steps.Take(AttachStep.VethRemoved, () => node.DeleteLink(endpoint));
            steps.Take(AttachStep.Parted, () => datapath.Forget(link.Index));
        }

        // It does not go with the container's namespace as the veth does.
        if (shapers.Has(DeviceNames.ShaperOf(endpoint)))
        {
            steps.Take(AttachStep.ShaperRemoved, () => shapers.Remove(DeviceNames.ShaperOf(endpoint)));
        }
    }

    public void Dispose() => _devices.Dispose();

    private async Task<CniResult> MakeInTurnAsync(EndpointPlan plan, CancellationToken cancellationToken)
    {
        RequireNamespace(plan.Netns);
        var port = await ports.EnsureAsync(plan.Port, cancellationToken);
        await _devices.WaitAsync(cancellationToken);
        RequestTimeline.Mark(RequestStep.Turn);
        try
        {
            return await MakeDevicesAsync(plan, port);
        }
        catch (BpfException e)
        {
            throw new CniFailure(CniErrorCode.TryAgainLater, $"pod's device {plan.Interface} cannot be joined to the switch: {e.Message}", "The node may have as many endpoints as it can: see fabric agent's log", e);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoDevice or Errno.NoEntry && !File.Exists(plan.Netns))
        {
            throw new CniFailure(CniErrorCode.UnknownContainer, $"the network namespace {plan.Netns} went away while it was being set up (CNI_NETNS)", null, e);
        }
        finally
        {
            _devices.Release();
        }
    }

    private async Task<CniResult> MakeDevicesAsync(EndpointPlan planned, int port)
    {
        var (plan, pod, host, device) = await EnterAsync(planned);
        using (pod)
        {
            steps.Take(AttachStep.Joined, () =>
            {
                NetnsScope.DisableIpv6(plan.Devices.Endpoint);
                ports.Join(plan.Port.Name, new EndpointDevices(host, port));
                datapath.SetAdvertises(new EndpointDevices(host, port), plan.Advertises);
                datapath.SetSender(new EndpointDevices(host, port), plan.Sender);
                // Before anything passes: the device is still down.
                vms.Begin(plan.Record, [.. plan.Addresses.Select(address => address.Address)], new EndpointDevices(host, port));
                // Frames pass by this queue. A plugin behind this one that limits a rate there is to fail, and not to limit nothing.
                node.HoldRootQueue(host);
            });
            // Before the first frame can pass.
            steps.Take(AttachStep.Limited, () => Limit(plan, new EndpointDevices(host, port)));
            steps.Take(AttachStep.HostUp, () => node.SetUp(host));
            ConfigurePod(pod, device, plan);
            return plan.Result;
        }
    }

    private void Limit(EndpointPlan plan, EndpointDevices devices)
    {
        if (plan.Limits != EndpointLimits.None && shapers.Apply(devices, plan.Devices.Shaper, plan.Mtu, plan.Limits) is { } fault)
        {
            // The Nic is told when it is looked at again, which is soon.
            logger.LogWarning("{Device} of {Port} is not held to its limits: {Fault}", plan.Interface, plan.Port.IfaceId, fault);
        }
    }

    /// <summary>
    /// Makes the veth pair from within the container's namespace, which must be one of its own: the node's devices are not ours to
    /// configure.
    /// </summary>
    private async Task<(EndpointPlan Plan, RouteSocket Pod, int Host, int Device)> EnterAsync(EndpointPlan plan)
    {
        try
        {
            return await NetnsScope.VisitAsync(plan.Netns, (@namespace, pod) =>
            {
                if (pod.NetnsCookie == node.NetnsCookie)
                {
                    throw new CniFailure(CniErrorCode.InvalidEnvironment, $"{plan.Netns} is the node's own network namespace (CNI_NETNS)", "A pod with hostNetwork: true is not attached");
                }

                var routed = DefaultRoutes.Decide(plan, pod);
                var host = steps.Take(AttachStep.VethMade, () => node.CreateVethPair(new VethPair
                {
                    HostName = plan.Devices.Endpoint,
                    HostMac = plan.Devices.EndpointMac,
                    PeerName = plan.Interface,
                    PeerMac = plan.Mac,
                    PeerNamespace = @namespace,
                    Mtu = plan.Mtu,
                }));
                if (plan.Addresses.Any(address => address.IsV6))
                {
                    steps.Take(AttachStep.Ipv6Prepared, () => NetnsScope.EnableStaticIpv6(plan.Interface));
                }

                var device = pod.FindLink(plan.Interface)
                    ?? throw new CniFailure(CniErrorCode.UnknownContainer, $"device {plan.Interface} went away while it was being set up");
                return (routed, pod, host, device.Index);
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.Exists)
        {
            throw new CniFailure(CniErrorCode.InvalidEnvironment, $"the container has a device {plan.Interface} already (CNI_IFNAME)", "Ask for DEL first", e);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry)
        {
            throw new CniFailure(CniErrorCode.UnknownContainer, $"the network namespace {plan.Netns} is gone (CNI_NETNS)", null, e);
        }
        catch (NetlinkException e) when (e.Errno is Errno.Invalid)
        {
            throw new CniFailure(CniErrorCode.InvalidEnvironment, $"{plan.Netns} is no network namespace (CNI_NETNS)", null, e);
        }
    }

    private void ConfigurePod(RouteSocket pod, int device, EndpointPlan plan)
    {
        // In every namespace the loopback device is the first.
        steps.Take(AttachStep.DeviceUp, () =>
        {
            pod.SetUp(1);
            pod.SetUp(device);
        });
        foreach (var address in plan.Addresses)
        {
            steps.Take(AttachStep.Addressed, () => pod.AddAddress(device, address));
        }

        foreach (var gateway in plan.Gateways)
        {
            steps.Take(AttachStep.Routed, () => pod.ReplaceRoute(new Route
            {
                Destination = IpPrefix.Parse(gateway.IsV4 ? "0.0.0.0/0" : "::/0"),
                Gateway = gateway,
                LinkIndex = device,
                IsOnLink = !plan.Addresses.Any(address => address.Prefix.Contains(gateway)),
            }));
        }
    }

    /// <summary>Before anything is made: a namespace that is gone is the most common of what can be wrong.</summary>
    private static void RequireNamespace(string path)
    {
        if (!File.Exists(path))
        {
            throw new CniFailure(CniErrorCode.UnknownContainer, $"the network namespace {path} is gone (CNI_NETNS)");
        }
    }

    private async Task WaitInstalledAsync(string name, CancellationToken cancellationToken)
    {
        var state = await vswitch.WaitReadyAsync(name, InstallDeadline, cancellationToken);
        if (!state.IsReady)
        {
            throw new CniFailure(
                CniErrorCode.TryAgainLater,
                $"OVN did not install the port within {InstallDeadline.TotalSeconds:0} s: {state.Describe()}",
                "Is ovn-controller running on this node, and ovn-northd beside the northbound database?");
        }
    }
}
