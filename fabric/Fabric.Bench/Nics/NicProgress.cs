using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Nics;

/// <summary>How far one Nic is, as a watch has seen it.</summary>
internal sealed class NicProgress
{
    private readonly TaskCompletionSource _addressed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _said = "nothing is said of it";

    /// <summary>Completes when the status names an address and a MAC: the Nic is allocated.</summary>
    internal Task Addressed => _addressed.Task;

    /// <summary>Completes when the Nic is Ready: its port is in OVN's northbound database.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Completes when the Nic is gone: its addresses are free.</summary>
    internal Task Gone => _gone.Task;

    /// <summary>The Ready condition, for a message about what did not come.</summary>
    internal string Said => Volatile.Read(ref _said);

    internal void Observe(WatchEventType type, Nic nic)
    {
        var ready = nic.Status?.Conditions.Find(Condition.Ready);
        if (ready is not null)
        {
            Volatile.Write(ref _said, $"{ready.Reason}: {ready.Message}");
        }

        if (type == WatchEventType.Deleted)
        {
            _gone.TrySetResult();
            return;
        }

        if (nic.Status is { MacAddress: not null, Addresses.IsEmpty: false })
        {
            _addressed.TrySetResult();
        }

        if (ready is { IsTrue: true })
        {
            _ready.TrySetResult();
        }
    }

    internal void Fail(Exception fault)
    {
        _addressed.TrySetException(fault);
        _ready.TrySetException(fault);
        _gone.TrySetException(fault);
    }
}
