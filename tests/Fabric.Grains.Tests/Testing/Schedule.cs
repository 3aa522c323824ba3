using Fabric.Grains.Nics;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Testing;

/// <summary>Says where the workloads of Nics are to run.</summary>
internal sealed class Schedule : INicPlacement
{
    /// <summary>The node of all of them.</summary>
    public string? Node { get; set; }

    public string? NodeFor(Nic nic) => Node;
}
