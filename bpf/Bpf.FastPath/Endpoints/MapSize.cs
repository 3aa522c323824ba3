namespace Bpf.FastPath.Endpoints;

/// <summary>How full a map is.</summary>
/// <param name="Map">Its name in the program.</param>
/// <param name="Entries">The entries it has.</param>
/// <param name="MaxEntries">The most that it can have: then no further endpoint can be attached.</param>
public sealed record MapSize(string Map, int Entries, int MaxEntries);
