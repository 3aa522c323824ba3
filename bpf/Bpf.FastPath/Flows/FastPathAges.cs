namespace Bpf.FastPath.Flows;

/// <summary>How long what was learned is believed.</summary>
public sealed record FastPathAges
{
    /// <summary>After this an entry is renewed by a copy that goes through Open vSwitch: below its 30 s for a UDP connection.</summary>
    public TimeSpan Soft { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After this an entry that could not be renewed is not used.</summary>
    public TimeSpan Hard { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same for the entry of the other direction, which in one-way traffic nothing renews.</summary>
    public TimeSpan Reverse { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two copies.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A flow to another node that nobody answers is renewed after this already: the other end may have moved.</summary>
    public TimeSpan Silent { get; init; } = TimeSpan.FromSeconds(1);
}
