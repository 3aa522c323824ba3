namespace Cni.Agent.Observing;

/// <summary>How one of those is on whom the agent depends.</summary>
/// <param name="Name">Such as <c>ovn-controller</c>.</param>
/// <param name="IsUp">Whether it does its part.</param>
/// <param name="Problem">What is wrong and what to do, for people; null when nothing is.</param>
/// <param name="Version">Which one it is, where it says so.</param>
public sealed record PeerHealth(string Name, bool IsUp, string? Problem = null, string? Version = null);
