using Fabric.Bench.Statistics;

namespace Fabric.Bench.Cni;

/// <summary>How long the calls of one plugin took, in milliseconds.</summary>
internal sealed class PluginTimes
{
    private readonly List<double> _adds = [];
    private readonly List<double> _deletes = [];

    internal Sample Adds => new(_adds);

    internal Sample Deletes => new(_deletes);

    internal void Add(string command, double milliseconds) => (command == "ADD" ? _adds : _deletes).Add(milliseconds);
}
