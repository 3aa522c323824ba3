using Cni.Agent.Serving;
using Cni.Protocol;

namespace Cni.Agent.Nics;

/// <summary>The pod a runtime asks for, as Kubernetes' runtimes say it in <c>CNI_ARGS</c>.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid; null from runtimes that do not say it.</param>
internal sealed record PodReference(string Namespace, string Name, string? Uid)
{
    /// <summary>Reads it from a request's arguments.</summary>
    /// <exception cref="CniFailure">The request is not from a Kubernetes runtime.</exception>
    internal static PodReference Of(CniArguments arguments) =>
        arguments["K8S_POD_NAME"] is { } name && arguments["K8S_POD_NAMESPACE"] is { } @namespace
            ? new PodReference(@namespace, name, arguments["K8S_POD_UID"])
            : throw new CniFailure(
                CniErrorCode.InvalidEnvironment,
                "CNI_ARGS has no K8S_POD_NAMESPACE and K8S_POD_NAME",
                "A NIC belongs to a pod or VM of the Kubernetes API: use a runtime that says which (containerd's CRI, CRI-O). For containers without a pod, give the network configuration the field namespace");
}
