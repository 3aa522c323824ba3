namespace Lab.Runner.Topology;

/// <summary>Keeps the programs of OVS and OVN inside a folder instead of the machine's own <c>/run/openvswitch</c>.</summary>
internal static class OvsEnvironment
{
    public static IReadOnlyDictionary<string, string> For(string folder) => new Dictionary<string, string>
    {
        ["OVS_RUNDIR"] = folder,
        ["OVS_DBDIR"] = folder,
        ["OVS_LOGDIR"] = folder,
        ["OVN_RUNDIR"] = folder,
        ["OVN_LOGDIR"] = folder,
    };
}
