using Fabric.Primitives;

namespace Fabric.Resources;

/// <summary>The Subnet of a workload that names none.</summary>
/// <param name="Subnet">Its name.</param>
/// <param name="Source">What chose it, as a Nic's <see cref="NicSpec.Sources"/> say it.</param>
public sealed record SubnetChoice(string Subnet, string Source)
{
    /// <summary>
    /// What its namespace says, or else the Subnet that says it is for the namespace, or else the one that says it is for all.
    /// </summary>
    /// <param name="ns">The namespace's name.</param>
    /// <param name="annotation">What the namespace says.</param>
    /// <param name="subnets">The Subnets there are.</param>
    /// <returns>The choice, or <see cref="NoSubnetChosen"/>.</returns>
    public static Outcome<SubnetChoice> For(string ns, string? annotation, IReadOnlyCollection<Subnet> subnets)
    {
        if (!string.IsNullOrWhiteSpace(annotation))
            return new SubnetChoice(annotation.Trim(), $"{FabricApi.SubnetAnnotation} of Namespace {ns}");
        if (Oldest(subnets.Where(subnet => subnet.Spec.DefaultFor.Contains(ns))) is { } own)
            return new SubnetChoice(own, $"spec.defaultFor of Subnet {own}");
        return Oldest(subnets.Where(subnet => subnet.Spec.Default)) is { } common
            ? new SubnetChoice(common, $"spec.default of Subnet {common}")
            : new NoSubnetChosen(ns);
    }

    /// <summary>Admission allows one of each; where there is none, the oldest counts.</summary>
    private static string? Oldest(IEnumerable<Subnet> subnets) => subnets
        .Where(subnet => !subnet.Metadata.IsDeleting)
        .OrderBy(subnet => subnet.Metadata.CreationTimestamp)
        .ThenBy(subnet => subnet.Metadata.Name, StringComparer.Ordinal)
        .FirstOrDefault()?.Metadata.Name;
}
