using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Which interfaces the lab can make.</summary>
internal static class InterfaceSupport
{
    private const string Possible = "this lab can bind one interface to the pod network, by bridge or masquerade";

    /// <summary>The interfaces that cannot be made, for people; null when all can.</summary>
    public static string? Refusal(VirtualMachineInstanceSpec spec)
    {
        var nics = VmInterfaces.Of(spec);
        var refused = nics
            .Where(nic => nic.OtherKind is not null || nic.Binding == VmBinding.Other || !nic.OnPodNetwork)
            .Select(nic => $"interface \"{nic.Name}\" is of kind \"{nic.OtherKind ?? "no pod network"}\"")
            .ToList();
        if (nics.Count(nic => nic.OnPodNetwork) > 1)
            refused.Add($"{nics.Count(nic => nic.OnPodNetwork)} interfaces are on the pod network");
        return refused.Count == 0 ? null : $"{string.Join(" and ", refused)}; {Possible}";
    }
}
