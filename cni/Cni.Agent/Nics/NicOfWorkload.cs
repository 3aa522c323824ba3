using Fabric.Resources;

namespace Cni.Agent.Nics;

/// <summary>The Nic that a pod's device is.</summary>
/// <param name="Key">Where it is.</param>
/// <param name="OwnerUid">
/// The uid of the pod, of the VM, or of the instance that no VM made: a Nic of this name with another owner is that of an earlier
/// workload, and its addresses are about to be another's.
/// </param>
internal readonly record struct NicOfWorkload(ObjectKey Key, string OwnerUid);
