using System.Text.Json.Serialization;

namespace Lab.Runner.State;

/// <summary>One thing that a lab has made or is about to make, with what is needed to remove it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "made")]
[JsonDerivedType(typeof(NamespaceMade), "namespace")]
[JsonDerivedType(typeof(CgroupMade), "cgroup")]
[JsonDerivedType(typeof(ProcessMade), "process")]
[JsonDerivedType(typeof(FileMade), "file")]
[JsonDerivedType(typeof(ProcessReleased), "released")]
public abstract record LedgerEntry;

/// <summary>A named network namespace; with it go its interfaces, rules and whatever process still runs in it.</summary>
/// <param name="Name">Name under <c>/run/netns</c>.</param>
public sealed record NamespaceMade(string Name) : LedgerEntry;

/// <summary>A cgroup in every mounted hierarchy; whatever runs beneath it belongs to the lab.</summary>
/// <param name="Name">Path below each hierarchy's mount point, without a leading slash.</param>
public sealed record CgroupMade(string Name) : LedgerEntry;

/// <summary>A process that was started outside any of the lab's namespaces or must end before the others.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="Pid">Its number.</param>
/// <param name="StartTicks">Start time, so that a later process with that number is left alone: see <see cref="Processes.ProcessIdentity"/>.</param>
/// <param name="Log">File with what it printed, or null.</param>
public sealed record ProcessMade(string Name, int Pid, ulong StartTicks, string? Log) : LedgerEntry;

/// <summary>A file or socket outside the lab's own folder.</summary>
/// <param name="Path">Absolute path.</param>
public sealed record FileMade(string Path) : LedgerEntry;

/// <summary>A recorded process has done its part and is no longer the lab's: taking the lab down leaves it alone.</summary>
/// <param name="Pid">Its number, as recorded before.</param>
public sealed record ProcessReleased(int Pid) : LedgerEntry;
