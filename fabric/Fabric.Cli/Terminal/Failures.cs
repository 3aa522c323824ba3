using Fabric.Cli.Output;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Terminal;

/// <summary>What a failure is called on the terminal, as kubectl calls it.</summary>
internal static class Failures
{
    /// <summary>A server's refusal with its reason, or that there was no answer.</summary>
    public static string Describe(KubeException e) => e.Code is null
        ? $"Unable to connect to the server: {Printable.Visible(e.Detail)}"
        : $"Error from server ({e.Reason}): {Printable.Visible(e.Detail)}";
}
