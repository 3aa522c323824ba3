using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Bench.Cni;

/// <summary>Network namespaces as a runtime makes them for pods. They are recorded in the lab's account before they are made.</summary>
/// <param name="prefix">Begins the name of each, unlike any other's on this machine.</param>
internal sealed class Sandboxes(string prefix, Ledger ledger) : IAsyncDisposable
{
    private readonly List<string> _names = [];
    private int _made;

    /// <summary>Makes some.</summary>
    /// <returns>Their paths.</returns>
    internal async Task<string[]> MakeAsync(int count, CancellationToken cancellationToken)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(_ => $"{prefix}{_made++}")];
        foreach (var name in names)
        {
            ledger.Add(new NamespaceMade(name));
        }

        _names.AddRange(names);
        await Tool.RunAsync("ip", ["-batch", "-"], cancellationToken, string.Join('\n', names.Select(name => $"netns add {name}")));
        return [.. names.Select(name => $"/run/netns/{name}")];
    }

    /// <summary>Removes all that were made.</summary>
    internal async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var there = _names.Where(name => File.Exists($"/run/netns/{name}"));
        await Tool.RunAsync("ip", ["-force", "-batch", "-"], cancellationToken, string.Join('\n', there.Select(name => $"netns delete {name}")));
        _names.Clear();
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(CancellationToken.None);
}
