namespace Cni.Datapath.Tests.Rig;

/// <summary>What ethtool -K is told.</summary>
internal static class Offloads
{
    public static IReadOnlyList<string> On { get; } = To("on");

    public static IReadOnlyList<string> Off { get; } = To("off");

    private static string[] To(string state) => ["tx", state, "tso", state, "gso", state, "gro", state];
}
