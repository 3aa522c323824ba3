using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;
using Fabric.Policy.Compiling;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Server.Policies;
using Vmnet.KubeVirt;

namespace Fabric.Cli.Tracing;

/// <summary>The Nics and policies of a server at one moment.</summary>
internal sealed class NetworkView
{
    private readonly Dictionary<ObjectKey, (Nic Nic, PolicyEndpoint Endpoint)> _nics;
    private readonly Dictionary<string, Subnet> _subnets;

    private NetworkView(Dictionary<ObjectKey, (Nic, PolicyEndpoint)> nics, Dictionary<string, Subnet> subnets, IReadOnlyList<CompiledPolicy> policies)
    {
        _nics = nics;
        _subnets = subnets;
        Policies = policies;
        Evaluator = new PolicyEvaluator(policies);
    }

    public PolicyEvaluator Evaluator { get; }

    public IReadOnlyList<CompiledPolicy> Policies { get; }

    /// <summary>The policies as they are rendered: without names of ports.</summary>
    public IEnumerable<CompiledPolicy> Rendered => Policies.Select(policy => NamedPorts.Resolve(
        policy, (name, protocol) => _nics.Values.SelectMany(each => each.Endpoint.NamedPorts).Where(port => port.Name == name && port.Protocol == protocol).Select(port => port.Number)));

    public static async Task<NetworkView> ReadAsync(ApiSession session, CancellationToken cancellationToken)
    {
        var subnets = (await ListAsync(session, ResourceTypes.Subnets, cancellationToken)).ToDictionary(subnet => subnet.Metadata.Name!);
        var namespaces = (await ListAsync(session, ResourceTypes.Namespaces, cancellationToken)).ToDictionary(ns => ns.Metadata.Name!);
        var pods = (await ListAsync(session, ResourceTypes.Pods, cancellationToken)).ToDictionary(ResourceTypes.Pods.KeyOf);
        var machines = (await ListAsync(session, KubeVirtTypes.VirtualMachines, cancellationToken)).ToDictionary(KubeVirtTypes.VirtualMachines.KeyOf);
        var instances = (await ListAsync(session, KubeVirtTypes.Instances, cancellationToken)).ToDictionary(KubeVirtTypes.Instances.KeyOf);
        var nics = (await ListAsync(session, ResourceTypes.Nics, cancellationToken))
            .Where(nic => subnets.ContainsKey(nic.Spec.Subnet))
            .ToDictionary(ResourceTypes.Nics.KeyOf, nic => (nic, EndpointReader.Read(
                nic,
                subnets[nic.Spec.Subnet].Spec.Vpc,
                namespaces.GetValueOrDefault(nic.Metadata.Namespace!),
                OwnerOf(nic))));
        return new NetworkView(
            nics,
            subnets,
            [
                .. (await ListAsync(session, ResourceTypes.SecurityGroups, cancellationToken)).Select(SecurityGroupCompiler.Compile),
                .. (await ListAsync(session, ResourceTypes.NetworkPolicies, cancellationToken)).Select(NetworkPolicyCompiler.Compile),
            ]);

        IKubeObject? OwnerOf(Nic nic)
        {
            var key = new ObjectKey(nic.Metadata.Namespace, nic.Spec.Owner.Name);
            return nic.Spec.Owner.Kind switch
            {
                NicOwnerKind.Pod => pods.GetValueOrDefault(key),
                NicOwnerKind.VirtualMachine => machines.GetValueOrDefault(key),
                NicOwnerKind.VirtualMachineInstance => instances.GetValueOrDefault(key),
                _ => null,
            };
        }
    }

    public Subnet SubnetOf(Nic nic) => _subnets[nic.Spec.Subnet];

    public PolicyEndpoint EndpointOf(Nic nic) => _nics[ResourceTypes.Nics.KeyOf(nic)].Endpoint;

    /// <summary>A Nic by its name, or by its pod's or VM's as <c>pod/NAME</c> and <c>vm/NAME</c>, with or without a namespace before.</summary>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public Nic FindNic(string text, string ns)
    {
        var words = text.Split('/');
        var kind = words is [.., "pod" or "vm", _] ? words[^2] : null;
        var space = words.Length > (kind is null ? 1 : 2) ? words[0] : ns;
        var name = words[^1];
        var found = _nics.Values.Select(each => each.Nic).Where(nic => nic.Metadata.Namespace == space && kind switch
        {
            null => nic.Metadata.Name == name,
            "pod" => nic.Spec.Owner is { Kind: NicOwnerKind.Pod } owner && owner.Name == name,
            _ => nic.Spec.Owner is { Kind: NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance } owner && owner.Name == name,
        }).OrderBy(nic => nic.Metadata.Name, StringComparer.Ordinal).ToList();
        return found switch
        {
            [var only] => only,
            [] => throw new CommandFailure($"there is no Nic of {text} in namespace {space}: see fabric get nics -n {space}"),
            _ => throw new CommandFailure($"{text} has several Nics: name one of {string.Join(", ", found.Select(nic => nic.Metadata.Name))}"),
        };
    }

    /// <summary>Who has an address in a Vpc, or null.</summary>
    public Nic? FindHolder(IpAddress address, string? vpc) =>
        _nics.Values.FirstOrDefault(each => (vpc is null || each.Endpoint.Vpc == vpc) && each.Endpoint.Addresses.Contains(address)).Nic;

    private static async Task<IReadOnlyList<T>> ListAsync<T>(ApiSession session, ResourceType<T> type, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        try
        {
            var list = await session.GetAsync(type.CollectionPath(), cancellationToken);
            return [.. (list["items"] as JsonArray ?? []).OfType<JsonObject>().Select(item => item.Deserialize(type.Json)!)];
        }
        catch (KubeException e) when (e.Code == HttpStatusCode.NotFound)
        {
            // A cluster without KubeVirt has no VMs.
            return [];
        }
        catch (KubeException e) when (e.Code == HttpStatusCode.Forbidden)
        {
            throw new CommandFailure($"{type.Plural} of all namespaces have to be read, which the server does not allow you: what is not seen cannot be judged");
        }
    }
}
