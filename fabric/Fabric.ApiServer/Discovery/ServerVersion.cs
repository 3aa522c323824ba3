using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Discovery;

/// <summary>The answer to <c>/version</c>: the Kubernetes API whose behaviour the server follows, and which Fabric it is.</summary>
internal static class ServerVersion
{
    private const string Major = "1";
    private const string Minor = "32";

    public static JsonObject Document { get; } = new()
    {
        ["major"] = Major,
        ["minor"] = Minor,
        ["gitVersion"] = $"v{Major}.{Minor}.0+fabric-{typeof(ServerVersion).Assembly.GetName().Version?.ToString(3)}",
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = RuntimeInformation.FrameworkDescription,
        ["platform"] = "linux/" + RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString().ToLowerInvariant() },
    };
}
