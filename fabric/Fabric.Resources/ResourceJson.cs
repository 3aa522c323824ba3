using System.Text.Json.Serialization;
using Fabric.Resources.Core;

namespace Fabric.Resources;

/// <summary>How Fabric's and the core kinds are read and written: camelCase, absent rather than null.</summary>
/// <remarks>
/// The generated reader sets every <c>init</c> property, absent ones to null or zero. So a property with a default takes
/// that for "absent" in its initializer; where the type's zero is a wish of its own, the property has a setter instead.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SharedTextConverter)])]
[JsonSerializable(typeof(KubeList<Vpc>))]
[JsonSerializable(typeof(KubeList<Subnet>))]
[JsonSerializable(typeof(KubeList<Nic>))]
[JsonSerializable(typeof(KubeList<IPClaim>))]
[JsonSerializable(typeof(KubeList<MacClaim>))]
[JsonSerializable(typeof(KubeList<StaticIP>))]
[JsonSerializable(typeof(KubeList<IPPool>))]
[JsonSerializable(typeof(KubeList<QosPolicy>))]
[JsonSerializable(typeof(KubeList<SecurityGroup>))]
[JsonSerializable(typeof(KubeList<NetworkPolicy>))]
[JsonSerializable(typeof(KubeList<Namespace>))]
[JsonSerializable(typeof(KubeList<Node>))]
[JsonSerializable(typeof(KubeList<Pod>))]
[JsonSerializable(typeof(KubeList<Event>))]
[JsonSerializable(typeof(KubeList<Lease>))]
// Items of lists: the generator does not look inside EquatableArray.
[JsonSerializable(typeof(OwnerReference))]
[JsonSerializable(typeof(Condition))]
[JsonSerializable(typeof(NicAttachment))]
[JsonSerializable(typeof(WishSource))]
[JsonSerializable(typeof(DhcpRoute))]
[JsonSerializable(typeof(ReservedAddress))]
[JsonSerializable(typeof(LabelRequirement))]
[JsonSerializable(typeof(AllowedAddress))]
[JsonSerializable(typeof(NicService))]
[JsonSerializable(typeof(SecurityRule))]
[JsonSerializable(typeof(SecurityPort))]
[JsonSerializable(typeof(SecurityPeer))]
[JsonSerializable(typeof(NetworkPolicyIngressRule))]
[JsonSerializable(typeof(NetworkPolicyEgressRule))]
[JsonSerializable(typeof(NetworkPolicyPeer))]
[JsonSerializable(typeof(NetworkPolicyPort))]
[JsonSerializable(typeof(StatusCondition))]
[JsonSerializable(typeof(NodeAddress))]
[JsonSerializable(typeof(PodContainer))]
[JsonSerializable(typeof(ContainerPort))]
[JsonSerializable(typeof(ContainerVariable))]
[JsonSerializable(typeof(PodAddress))]
[JsonSerializable(typeof(ContainerStatus))]
public sealed partial class ResourceJson : JsonSerializerContext;
