namespace Lab.Runner.Qemu;

/// <summary>Whether guests run on the processor itself.</summary>
internal static class Acceleration
{
    /// <summary>
    /// KVM only where the processor says it can (<c>vmx</c> or <c>svm</c>): a paravirtual <c>/dev/kvm</c> without them opens
    /// and never boots a guest.
    /// </summary>
    internal static bool IsKvmUsable { get; } = HasFlag() && CanOpen();

    /// <summary>QEMU's arguments for it.</summary>
    internal static IReadOnlyList<string> Arguments => IsKvmUsable ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,tb-size=128", "-cpu", "qemu64"];

    private static bool HasFlag() => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?
        .Split(' ').Any(flag => flag is "vmx" or "svm") ?? false;

    private static bool CanOpen()
    {
        try
        {
            using var device = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
