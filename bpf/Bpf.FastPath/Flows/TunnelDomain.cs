namespace Bpf.FastPath.Flows;

/// <summary>What a tunnel key stands for.</summary>
/// <param name="Domain">The routing domain; 0 leaves its frames to Open vSwitch.</param>
/// <param name="Space">The same, also where its frames are left to Open vSwitch: within it an address is one endpoint's.</param>
public readonly record struct TunnelDomain(uint Domain, uint Space);
