namespace Cni.Netlink;

/// <summary>A cls_bpf filter at the tc ingress of a link, see tc-bpf(8).</summary>
/// <param name="Priority">Filters of lower numbers run first.</param>
/// <param name="Handle">The filter's number within its priority.</param>
/// <param name="Name">The text that <c>tc filter show</c> prints.</param>
/// <param name="ProgramId">The kernel's number for the loaded program (<c>bpftool prog show id</c>).</param>
/// <param name="IsDirectAction">Whether the program's return value is the verdict.</param>
public sealed record IngressFilter(ushort Priority, uint Handle, string Name, uint ProgramId, bool IsDirectAction);
