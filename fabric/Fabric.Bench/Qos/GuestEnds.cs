using System.Net;

namespace Fabric.Bench.Qos;

/// <summary>A VM that is held to a limit, as its peers see it; its guest serves what is measured with.</summary>
/// <param name="Near">The path of the network namespace of a pod on its node.</param>
/// <param name="Far">The same of a pod on the other node.</param>
/// <param name="Launcher">The same of its launcher, where its tap is.</param>
/// <param name="Tap">The tap's name.</param>
/// <param name="Sink">Where it reads all it is sent.</param>
/// <param name="Source">Where it sends all it can.</param>
/// <param name="Flood">Where it floods whoever orders it (lab/Lab.Runner/Guest/flood.c).</param>
public sealed record GuestEnds(string Near, string Far, string Launcher, string Tap, IPEndPoint Sink, IPEndPoint Source, IPEndPoint Flood);
