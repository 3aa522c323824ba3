namespace Bpf.FastPath.Flows;

/// <summary>What happens where frames leave Open vSwitch: enum fast_event of fastpath_types.h, whose numbers are kept.</summary>
public enum FastPathEvent
{
    /// <summary>A way to an endpoint of this node was learned or renewed.</summary>
    LearnedLocal = 0,

    /// <summary>A way to another node was learned or renewed.</summary>
    LearnedRemote = 1,

    /// <summary>It came out as another flow than it went in (NAT, a load balancer), or did not come in here.</summary>
    NoPending = 2,

    /// <summary>It went in before the last change of policy, or too long ago.</summary>
    OldEpoch = 3,

    /// <summary>A change of policy was not installed for sure yet.</summary>
    Grace = 4,

    /// <summary>Open vSwitch changed more of it than the TTL.</summary>
    Changed = 5,

    /// <summary>A marked copy was sent through Open vSwitch.</summary>
    Asked = 6,

    /// <summary>A marked copy came out.</summary>
    Answered = 7,

    /// <summary>The same flow came out at two places.</summary>
    Held = 8,

    /// <summary>An answer came from elsewhere than the flow goes to.</summary>
    Moved = 9,
}

/// <summary>How often something happened.</summary>
/// <param name="Event">What.</param>
/// <param name="Times">How often.</param>
public readonly record struct FastPathEventCount(FastPathEvent Event, ulong Times);
