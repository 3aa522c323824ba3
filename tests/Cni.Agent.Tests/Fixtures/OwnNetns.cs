using System.Diagnostics;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>Moves this program into a network namespace that nothing else is in, and that ends with it.</summary>
internal static class OwnNetns
{
    private const string Mark = "FABRIC_TEST_NETNS";

    public static bool IsInside => Environment.GetEnvironmentVariable(Mark) is not null;

    /// <summary>Starts this program again inside, with the same terminal, and waits for it; it ends when this one is killed.</summary>
    /// <returns>Its exit code.</returns>
    public static int RunAgain(string[] arguments)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("this program has no path");
        string[] again = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [self, Environment.GetCommandLineArgs()[0]] : [self];
        var start = new ProcessStartInfo(
            "setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "--fork", "--kill-child", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", .. again, .. arguments])
        {
            UseShellExecute = false,
        };
        start.Environment[Mark] = "1";
        using var inside = Process.Start(start) ?? throw new InvalidOperationException("setpriv does not start (package util-linux)");
        inside.WaitForExit();
        return inside.ExitCode;
    }
}
