namespace Cni.Datapath.Shaping;

/// <summary>What the two devices of a shaper are called.</summary>
/// <param name="Near">The end whose queue holds frames back.</param>
/// <param name="Far">The end where they come out.</param>
public readonly record struct ShaperNames(string Near, string Far);

/// <summary>What the shapers of a sum of endpoints are called. Directions are the endpoints'.</summary>
/// <param name="Ingress">Of what they are sent.</param>
/// <param name="Egress">Of what they send.</param>
public readonly record struct SumNames(ShaperNames Ingress, ShaperNames Egress);
