using System.Text.Json.Serialization;
using Fabric.Resources;

namespace Vmnet.KubeVirt;

/// <summary>How KubeVirt's kinds are read and written: camelCase, absent rather than null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KubeList<VirtualMachine>))]
[JsonSerializable(typeof(KubeList<VirtualMachineInstance>))]
[JsonSerializable(typeof(KubeList<VirtualMachineInstanceMigration>))]
// Items of lists: the generator does not look inside EquatableArray.
[JsonSerializable(typeof(VmInterface))]
[JsonSerializable(typeof(VmNetwork))]
[JsonSerializable(typeof(VmVolume))]
[JsonSerializable(typeof(VmPort))]
[JsonSerializable(typeof(VmInterfaceStatus))]
[JsonSerializable(typeof(Fabric.Resources.Core.StatusCondition))]
[JsonSerializable(typeof(OwnerReference))]
public sealed partial class KubeVirtJson : JsonSerializerContext;
