namespace Cni.Datapath;

/// <summary>Whether the node's fast path is on, for the node's status.</summary>
/// <param name="IsEnabled">Whether established flows pass Open vSwitch by.</param>
/// <param name="Reason">One word for programs, as <c>Enabled</c> or <c>NotLoaded</c>.</param>
/// <param name="Message">What is so and, when it is off, what to do, for people.</param>
public sealed record FastPathState(bool IsEnabled, string Reason, string Message)
{
    internal const string WaitingReason = "Waiting";

    /// <summary>Turned off by the agent's options.</summary>
    internal static FastPathState TurnedOff { get; } = new(false, "TurnedOff", "the fast path is turned off on this node");

    /// <summary>On, between all nodes.</summary>
    internal static FastPathState Enabled { get; } = new(true, "Enabled", "established flows pass Open vSwitch by");

    /// <summary>On, on this node alone.</summary>
    internal static FastPathState OnlyLocal(string why) => new(true, "OnlyOnThisNode", $"established flows pass Open vSwitch by on this node, not to others: {why}");

    /// <summary>The programs did not load.</summary>
    internal static FastPathState NotLoaded(string why) => new(false, "NotLoaded", $"the node runs on Open vSwitch alone: {why}");

    /// <summary>Held off by an operator.</summary>
    internal static FastPathState Detached { get; } = new(false, "Detached", "the node runs on Open vSwitch alone: fabric bpf detach was run; it lasts until the agent starts again");

    /// <summary>Something that it depends on is not there.</summary>
    internal static FastPathState Waiting(string why) => new(false, WaitingReason, $"the node runs on Open vSwitch alone: {why}");

    /// <summary>It cannot be on this node.</summary>
    internal static FastPathState Unsupported(string why) => new(false, "Unsupported", $"the node runs on Open vSwitch alone: {why}");
}
