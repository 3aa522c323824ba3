namespace Bpf.FastPath.Endpoints;

/// <summary>The counters of an endpoint, in the endpoint's own point of view.</summary>
/// <param name="Sent">From the VM or pod towards Open vSwitch: egress.</param>
/// <param name="Received">From Open vSwitch into the VM or pod: ingress.</param>
public readonly record struct EndpointCounters(EndpointTraffic Sent, EndpointTraffic Received);
