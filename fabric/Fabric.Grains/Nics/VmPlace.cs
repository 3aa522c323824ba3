using Fabric.Primitives;

namespace Fabric.Grains.Nics;

/// <summary>What is known of where a VM runs: its launcher pods, and what KubeVirt says of its migration.</summary>
/// <param name="Launchers">The launcher pods of the instance, ended ones too.</param>
/// <param name="Report">What KubeVirt reports of the migration that is under way or was the last; null before the first.</param>
public sealed record VmPlace(EquatableArray<VmLauncher> Launchers, VmMigrationReport? Report);

/// <summary>A launcher pod.</summary>
/// <param name="PodUid">Its uid.</param>
/// <param name="PodName">Its name.</param>
/// <param name="MigrationUid">The migration that it was made for; null for the first.</param>
/// <param name="Created">When it was made.</param>
/// <param name="IsLiving">Whether it has neither ended nor is being deleted.</param>
public sealed record VmLauncher(string PodUid, string PodName, string? MigrationUid, DateTimeOffset? Created, bool IsLiving);

/// <summary>What KubeVirt reports of a migration (<c>status.migrationState</c>). It may be late, of an earlier migration, or wrong.</summary>
/// <param name="Uid">Of which one.</param>
/// <param name="SourcePod">The launcher left.</param>
/// <param name="TargetPod">The launcher gone to.</param>
/// <param name="HasSucceeded">It has ended with the VM on the target.</param>
/// <param name="HasFailed">It has ended with the VM on the source.</param>
public sealed record VmMigrationReport(string Uid, string? SourcePod, string? TargetPod, bool HasSucceeded, bool HasFailed);
