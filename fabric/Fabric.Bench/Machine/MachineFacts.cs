using System.Runtime.InteropServices;

namespace Fabric.Bench.Machine;

/// <summary>Where a benchmark runs: without it no figure can be compared with another.</summary>
public sealed record MachineFacts
{
    /// <summary>Processors this process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>The processor's name, as the kernel gives it.</summary>
    public required string Processor { get; init; }

    /// <summary>Memory in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The kernel's release.</summary>
    public required string Kernel { get; init; }

    /// <summary>The .NET runtime, and whether the program was built to be fast.</summary>
    public required string Runtime { get; init; }

    /// <summary>How busy the machine was before the benchmark began.</summary>
    public required LoadAverage LoadAtStart { get; init; }

    /// <summary>Reads them now.</summary>
    public static MachineFacts Read() => new()
    {
        Cores = Environment.ProcessorCount,
        Processor = ProcFile.Value(File.ReadLines("/proc/cpuinfo"), "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        MemoryBytes = ProcFile.Kibibytes(File.ReadLines("/proc/meminfo"), "MemTotal") * 1024,
        Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Runtime = $"{RuntimeInformation.FrameworkDescription} {Build}",
        LoadAtStart = LoadAverage.Read(),
    };

#if DEBUG
    private const string Build = "Debug";
#else
    private const string Build = "Release";
#endif

}
