using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>What is to be done so that a workload has its Nics and no others.</summary>
public sealed record WorkloadDecision
{
    /// <summary>Nics to make; their Subnet is left empty when the workload names none.</summary>
    public EquatableArray<Nic> Create { get; init; }

    /// <summary>Nics whose wish or labels are to be brought up to date.</summary>
    public EquatableArray<Nic> Update { get; init; }

    /// <summary>Nics to delete.</summary>
    public EquatableArray<Nic> Delete { get; init; }

    /// <summary>What cannot be, to be said at the workload.</summary>
    public EquatableArray<Refusal> Refusals { get; init; }

    /// <summary>What else is to be said at the workload: nothing waits for it.</summary>
    public EquatableArray<Refusal> Notices { get; init; }

    /// <summary>Decides.</summary>
    /// <param name="workload">The workload, or null when it is gone.</param>
    /// <param name="existing">The Nics that name a workload of this kind and name as their owner.</param>
    public static WorkloadDecision Decide(Workload? workload, IReadOnlyCollection<Nic> existing)
    {
        if (workload is null || workload.IsFinished)
            return new WorkloadDecision { Delete = [.. existing.Where(nic => !nic.Metadata.IsDeleting)] };
        var create = new List<Nic>();
        var update = new List<Nic>();
        var refusals = new List<Refusal>();
        var notices = workload.Notices.ToList();
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var face in workload.Interfaces)
        {
            var name = NameOf(workload, face);
            // A Nic stays also when the new wish for it cannot be.
            wanted.Add(name);
            refusals.AddRange(face.Wishes.Unreadable);
            notices.AddRange(face.Wishes.Ignored);
            switch (existing.FirstOrDefault(nic => nic.Metadata.Name == name))
            {
                // Nothing else is given in the place of a wish that cannot be read.
                case null when !face.Wishes.Unreadable.IsEmpty:
                    break;
                case null:
                    create.Add(NicWish.Make(workload, face, name));
                    break;
                // The Nic of an earlier workload of this name: this one's is made when that is gone.
                case var other when other.Spec.Owner.Uid != workload.Uid || other.Metadata.IsDeleting:
                    break;
                case var nic:
                    if (face.Wishes.Subnet is { } subnet && subnet != nic.Spec.Subnet)
                        refusals.Add(new SubnetNotChanged(name, nic.Spec.Subnet, subnet));
                    if (NicRefused.Of(nic) is { } refused)
                        notices.Add(refused);
                    var current = NicWish.Bring(nic, workload, face.Wishes);
                    if (current != nic)
                        update.Add(current);
                    break;
            }
        }
        return new WorkloadDecision
        {
            Create = [.. create],
            Update = [.. update],
            Delete = [.. existing.Where(nic => !nic.Metadata.IsDeleting && (nic.Spec.Owner.Uid != workload.Uid || !wanted.Contains(nic.Metadata.Name!)))],
            Refusals = [.. refusals],
            Notices = [.. notices],
        };
    }

    private static string NameOf(Workload workload, WorkloadInterface face) => workload.Kind == NicOwnerKind.Pod
        ? NicName.ForPod(workload.Name, face.Name)
        : NicName.ForVm(workload.Name, face.Name);
}
