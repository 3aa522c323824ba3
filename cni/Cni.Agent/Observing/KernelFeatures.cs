using Cni.Netlink;

namespace Cni.Agent.Observing;

/// <summary>Something that the kernel or the machine has or lacks.</summary>
/// <param name="Name">What it is.</param>
/// <param name="IsFound">Whether it is there.</param>
/// <param name="IsNeeded">Whether the agent cannot do without.</param>
/// <param name="Purpose">What it is for, or what is done without it.</param>
/// <param name="Remedy">What brings it.</param>
public sealed record KernelFeature(string Name, bool IsFound, bool IsNeeded, string Purpose, string Remedy);

/// <summary>Finds out what this machine's kernel has, by trying where that can be tried without a trace.</summary>
internal static class KernelFeatures
{
    /// <summary>Tries all; takes some milliseconds, and longer where the kernel loads a module for it.</summary>
    internal static IReadOnlyList<KernelFeature> Probe()
    {
        using var kernel = TryOpen();
        return
        [
            new("network namespaces, veth", kernel is not null, IsNeeded: true, "joins a container to the node", "kernel module veth; root"),
            new("clsact, cls_bpf", kernel?.HasClassifier("bpf") == true, IsNeeded: true, "runs eBPF where an endpoint's frames arrive", "kernel modules sch_ingress and cls_bpf"),
            new("BTF", File.Exists("/sys/kernel/btf/vmlinux"), IsNeeded: false, "eBPF programs that fit this kernel; not needed by those of today", "CONFIG_DEBUG_INFO_BTF"),
            new("eBPF JIT", IsJitOn(), IsNeeded: false, "compiled eBPF; interpreted without", "sysctl net.core.bpf_jit_enable=1"),
            new("openvswitch", Directory.Exists("/sys/module/openvswitch"), IsNeeded: false, "OVS forwards in the kernel; in its own process without", "kernel module openvswitch"),
            new("geneve", kernel?.HasLink("geneve") == true, IsNeeded: false, "tunnels of the kernel's datapath; OVS makes them itself without", "kernel module geneve"),
            new("tbf", kernel?.HasQdisc("tbf") == true, IsNeeded: false, "holds Nics to their limits; they are not limited without", "kernel module sch_tbf"),
            new("IPv6", Directory.Exists("/proc/sys/net/ipv6"), IsNeeded: false, "IPv6 in containers", "ipv6.disable=0 on the kernel's command line"),
            new("tun", File.Exists("/dev/net/tun"), IsNeeded: false, "taps of virtual machines, and ports of OVS's own datapath", "kernel module tun"),
            new("vhost-net", File.Exists("/dev/vhost-net"), IsNeeded: false, "frames of virtual machines handled in the kernel; by QEMU without", "kernel module vhost_net"),
            new("KVM", File.Exists("/dev/kvm") && HasVirtualization(), IsNeeded: false, "virtual machines on the processor; emulated without", "vmx or svm in /proc/cpuinfo, kernel modules kvm_intel or kvm_amd"),
        ];
    }

    private static KernelSupport? TryOpen()
    {
        try
        {
            return KernelSupport.Open();
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    private static bool IsJitOn() => FirstLine("/proc/sys/net/core/bpf_jit_enable") is { } line && line != "0";

    private static bool HasVirtualization() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').Any(flag => flag is "vmx" or "svm") == true;

    private static string? FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
