using Bpf.Interop;

namespace Bpf.FastPath;

/// <summary>The compiled objects of bpf/programs that this assembly carries.</summary>
internal static class BpfObjects
{
    /// <summary>endpoint.bpf.c.</summary>
    internal const string Endpoint = "endpoint";

    /// <summary>fastpath.bpf.c.</summary>
    internal const string FastPath = "fastpath";

    /// <summary>migration.bpf.c.</summary>
    internal const string Migration = "migration";

    /// <summary>uplink.bpf.c.</summary>
    internal const string Uplink = "uplink";

    internal static BpfObject Open(string name)
    {
        using var stream = typeof(BpfObjects).Assembly.GetManifestResourceStream($"{name}.bpf.o")
            ?? throw new InvalidOperationException($"the assembly was built without {name}.bpf.o");
        var elf = new byte[stream.Length];
        stream.ReadExactly(elf);
        return BpfObject.Open(name, elf);
    }
}
