using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>Makes Nics as workloads wish them, and brings the wish up to date.</summary>
internal static class NicWish
{
    /// <summary>A Nic to be; its Subnet is left empty when the workload names none.</summary>
    public static Nic Make(Workload workload, WorkloadInterface face, string name) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = workload.Namespace,
            Labels = NicLabels.Of(workload.Labels, present: null),
            // The Nic's grain would add it before the first claim: this saves that write.
            Finalizers = [FabricApi.Finalizer],
            // So that the API's own garbage collection takes the Nic away where the workload went unseen.
            OwnerReferences =
            [
                new OwnerReference { ApiVersion = workload.ApiVersion, Kind = workload.Kind.ToString(), Name = workload.Name, Uid = workload.Uid, Controller = true },
            ],
            Annotations = face.Wishes.Ignored.IsEmpty ? null : [KeyValuePair.Create(FabricApi.IgnoredWishesAnnotation, IgnoredText(face.Wishes)!)],
        },
        Spec = new NicSpec
        {
            Subnet = face.Wishes.Subnet ?? "",
            Owner = new NicOwner { Kind = workload.Kind, Name = workload.Name, Uid = workload.Uid },
            Interface = face.Name,
            MacAddress = face.Wishes.MacAddress,
            Addresses = face.Wishes.Addresses,
            IpPool = face.Wishes.IpPool,
            QosPolicy = face.Wishes.QosPolicy,
            Ingress = face.Wishes.Ingress,
            Egress = face.Wishes.Egress,
            SecurityGroups = face.Wishes.SecurityGroups,
            Sources = face.Wishes.Sources,
        },
    };

    /// <summary>A Nic to be, in the Subnet chosen for it.</summary>
    public static Nic In(Nic nic, SubnetChoice choice) => nic with
    {
        Spec = nic.Spec with
        {
            Subnet = choice.Subnet,
            Sources = [new WishSource { Field = WishField.Subnet, Source = choice.Source }, .. nic.Spec.Sources],
        },
    };

    /// <summary>The Nic with the wishes and labels that its workload has now. Its Subnet stays.</summary>
    /// <param name="nic">The Nic as it is.</param>
    /// <param name="workload">Its owner.</param>
    /// <param name="wishes">What is wished; when part of it cannot be read, the spec stays as it is.</param>
    public static Nic Bring(Nic nic, Workload workload, NicWishes wishes)
    {
        // Absent and empty differ in a record and not in the API: what does not change is not touched.
        var meta = nic.Metadata;
        if (NicLabels.Of(workload.Labels, meta.Labels) is var labels && labels != (meta.Labels ?? []))
            meta = meta with { Labels = labels };
        if (IgnoredText(wishes) is var ignored && ignored != meta.Annotation(FabricApi.IgnoredWishesAnnotation))
            meta = meta.WithAnnotation(FabricApi.IgnoredWishesAnnotation, ignored);
        return nic with { Metadata = meta, Spec = wishes.Unreadable.IsEmpty ? Bring(nic.Spec, wishes) : nic.Spec };
    }

    /// <summary>What the workload never wished is left to whoever set it on the Nic itself; what it no longer wishes is taken out.</summary>
    private static NicSpec Bring(NicSpec spec, NicWishes wishes)
    {
        var wished = spec.Sources.Select(source => source.Field).ToHashSet(StringComparer.Ordinal);
        var subnet = (wishes.Subnet == spec.Subnet ? wishes.Sources : spec.Sources).Where(source => source.Field == WishField.Subnet);
        return spec with
        {
            MacAddress = wishes.MacAddress ?? (wished.Contains(WishField.MacAddress) ? null : spec.MacAddress),
            Addresses = wishes.Addresses.IsEmpty && !wished.Contains(WishField.Addresses) ? spec.Addresses : wishes.Addresses,
            IpPool = wishes.IpPool ?? (wished.Contains(WishField.IpPool) ? null : spec.IpPool),
            QosPolicy = wishes.QosPolicy ?? (wished.Contains(WishField.QosPolicy) ? null : spec.QosPolicy),
            Ingress = wishes.Ingress ?? (wished.Contains(WishField.Ingress) ? null : spec.Ingress),
            Egress = wishes.Egress ?? (wished.Contains(WishField.Egress) ? null : spec.Egress),
            SecurityGroups = wishes.SecurityGroups.IsEmpty && !wished.Contains(WishField.SecurityGroups) ? spec.SecurityGroups : wishes.SecurityGroups,
            Sources = [.. subnet, .. wishes.Sources.Where(source => source.Field != WishField.Subnet)],
        };
    }

    private static string? IgnoredText(NicWishes wishes) => wishes.Ignored.IsEmpty ? null : string.Join(' ', wishes.Ignored);
}
