using Fabric.Cli.Tests.Testing;
using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Realization.Tests;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Cli.Tests.Tracing;

using Objects = Fabric.Realization.Tests.Objects;

/// <summary>Nics of three pods and a VM on two nodes, a NetworkPolicy and SecurityGroups, in a real API server and in OVN as northd has it.</summary>
public sealed class TracedNetwork : IAsyncLifetime
{
    private static readonly NetworkPolicy Web = new()
    {
        Metadata = new() { Namespace = "default", Name = "web" },
        Spec = new()
        {
            PodSelector = Labels("web"),
            Ingress = [new() { From = [new() { PodSelector = Labels("client") }], Ports = [new() { Port = IntOrString.Of(80) }] }],
        },
    };

    private static readonly SecurityGroup Quiet = new()
    {
        Metadata = new() { Namespace = "default", Name = "quiet" },
        Spec = new() { Tier = SecurityTier.Admin, IngressDefault = SecurityDefault.Pass, Egress = [new() { Action = SecurityAction.Reject, Protocol = SecurityProtocol.UDP }] },
    };

    /// <summary>For the VM, as are two of the other tiers.</summary>
    private static readonly SecurityGroup Rich = new()
    {
        Metadata = new() { Namespace = "default", Name = "rich" },
        Spec = new() { Tier = SecurityTier.Admin, IngressDefault = SecurityDefault.Pass, Ingress = [new() { Protocol = SecurityProtocol.TCP, Ports = [new() { Port = 22 }], Priority = 10 }] },
    };

    private static readonly SecurityGroup Floor = new()
    {
        Metadata = new() { Namespace = "default", Name = "floor" },
        Spec = new() { Selector = Labels("db"), Tier = SecurityTier.Baseline, Ingress = [new() { Protocol = SecurityProtocol.TCP, Ports = [new() { Port = 5432 }] }] },
    };

    private static readonly NicQos Limits = new()
    {
        Egress = new() { Average = BitRate.Parse("100M"), Peak = BitRate.Parse("200M"), Burst = ByteSize.Parse("256Ki") },
        Sum = new() { Subnet = "s1", Ingress = new() { Average = BitRate.Parse("1G") } },
        Priority = 5,
        Sources = [new() { Field = "egress", Source = "QosPolicy gold" }, new() { Field = "priority", Source = "QosPolicy gold" }, new() { Field = "sum", Source = "QosPolicy fair" }],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NorthdFixture _ovn = null!;

    public CliServer Server { get; } = new();

    public string Southbound => _ovn.Southbound;

    public async ValueTask InitializeAsync()
    {
        var world = new PolicyWorld();
        var nics = new[] { Nic(5, "web", 2), Nic(6, "client", 1, "quiet"), Nic(7, "other", 1), Nic(8, "db", 1, "rich") };
        foreach (var nic in nics)
        {
            world.Set(nic);
        }

        world.Set(NetworkPolicyCompiler.Compile(Web));
        world.Set(SecurityGroupCompiler.Compile(Quiet));
        world.Set(SecurityGroupCompiler.Compile(Rich));
        world.Set(SecurityGroupCompiler.Compile(Floor));
        var subnets = new[] { Objects.Subnet("s1", "10.0.1.0/24 fd00:1::/64"), Objects.Subnet("s2", "10.0.2.0/24 fd00:2::/64") };
        _ovn = await NorthdFixture.StartAsync(world, [Objects.Vpc("v"), .. subnets, .. nics.Select(nic => (object)Objects.Nic(nic, int.Parse(nic.Nic.Name[1..])))]);
        await Server.InitializeAsync();
        using var client = Server.Connect();
        await client.Resource(ResourceTypes.Vpcs).CreateAsync(Objects.Vpc("v"), Token);
        foreach (var subnet in subnets)
        {
            await client.Resource(ResourceTypes.Subnets).CreateAsync(subnet, Token);
        }

        await client.Resource(ResourceTypes.NetworkPolicies).CreateAsync(Web, Token);
        foreach (var group in (SecurityGroup[])[Quiet, Rich, Floor])
        {
            await client.Resource(ResourceTypes.SecurityGroups).CreateAsync(group, Token);
        }

        foreach (var nic in nics)
        {
            var wanted = Objects.Nic(nic, int.Parse(nic.Nic.Name[1..]));
            wanted = wanted with { Spec = wanted.Spec with { SecurityGroups = nic.SecurityGroups, Owner = OwnerOf(nic) } };
            var made = await client.Resource(ResourceTypes.Nics).CreateAsync(wanted, Token);
            await client.Resource(ResourceTypes.Nics).UpdateStatusAsync(made with { Status = wanted.Status! with { Node = nic.Labels["app"] == "db" ? "node2" : "node1", Qos = nic.Labels["app"] == "db" ? Limits : null } }, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ovn.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static NicOwner OwnerOf(PolicyEndpoint nic) =>
        new() { Kind = nic.Labels["app"] == "db" ? NicOwnerKind.VirtualMachine : NicOwnerKind.Pod, Name = nic.Labels["app"], Uid = "u" };

    private static LabelSelector Labels(string app) => new() { MatchLabels = [KeyValuePair.Create("app", app)] };

    private static PolicyEndpoint Nic(int number, string app, int subnet, params string[] groups) => new()
    {
        Nic = new("default", $"n{number}"),
        Vpc = "v",
        Labels = [KeyValuePair.Create("app", app)],
        Addresses = [IpAddress.Parse($"10.0.{subnet}.{number}"), IpAddress.Parse($"fd00:{subnet}::{number}")],
        SecurityGroups = [.. groups],
    };
}
