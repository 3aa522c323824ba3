using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Policy.Compiling;

/// <summary>The two selectors of a peer, as Kubernetes reads them together.</summary>
internal static class PeerSelectors
{
    /// <param name="namespaces">Namespaces by labels; when null, only the policy's.</param>
    /// <param name="workloads">Pods by labels; all when null.</param>
    /// <param name="ns">The policy's namespace.</param>
    internal static PeerSelector Of(LabelSelector? namespaces, LabelSelector? workloads, string ns) => new()
    {
        Namespace = namespaces is null ? ns : null,
        Namespaces = namespaces is { IsEmpty: false } ? namespaces : null,
        Workloads = workloads is { IsEmpty: false } ? workloads : null,
    };
}
