using Fabric.Policy.Compiling;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Policy.Tests;

/// <summary>Three namespaces with the same three pods, as the truth tables of Kubernetes' own tests have them.</summary>
internal static class World
{
    internal static readonly IReadOnlyList<PolicyEndpoint> Pods =
    [
        .. from ns in (string[])["x", "y", "z"]
           from pod in (string[])["a", "b", "c"]
           select new PolicyEndpoint
           {
               Nic = new(ns, pod),
               Vpc = "v",
               Labels = [KeyValuePair.Create("pod", pod)],
               NamespaceLabels = [KeyValuePair.Create("ns", ns)],
               Addresses = [IpAddress.Parse($"10.0.{ns[0] - 'w'}.{pod[0] - '`'}"), IpAddress.Parse($"fd00::{ns[0] - 'w'}:{pod[0] - '`'}")],
               NamedPorts = [new("serve-80", SecurityProtocol.TCP, pod == "c" ? 81 : 80)],
           },
    ];

    internal static readonly ConnectionEnd Outside = new(IpAddress.Parse("192.0.2.7"), null);

    internal static PolicyEndpoint Pod(string name) => Pods.Single(pod => pod.Nic.ToString() == name);

    internal static ConnectionEnd End(string name) => name == "outside" ? Outside : new(Pod(name).Addresses[0], Pod(name));

    internal static Connection Connect(string from, string to, int port = 80, SecurityProtocol protocol = SecurityProtocol.TCP) =>
        new(End(from), End(to), protocol) { Port = port };

    internal static bool Passes(Connection connection, params IEnumerable<CompiledPolicy> policies) => new PolicyEvaluator(policies).Evaluate(connection).IsAllowed;

    /// <summary>The senders among pods and the outside that reach a pod.</summary>
    internal static string Reaching(string to, int port, params IEnumerable<CompiledPolicy> policies) => string.Join(
        ' ', Pods.Select(pod => pod.Nic.ToString()).Append("outside").Where(from => from != to && Passes(Connect(from, to, port), policies)));

    internal static CompiledPolicy NetworkPolicy(string ns, NetworkPolicySpec spec, string name = "p") =>
        NetworkPolicyCompiler.Compile(new() { Metadata = new() { Namespace = ns, Name = name }, Spec = spec });

    internal static CompiledPolicy Group(string ns, SecurityGroupSpec spec, string name = "g") =>
        SecurityGroupCompiler.Compile(new() { Metadata = new() { Namespace = ns, Name = name }, Spec = spec });

    internal static LabelSelector Labels(string key, string value) => new() { MatchLabels = [KeyValuePair.Create(key, value)] };
}
