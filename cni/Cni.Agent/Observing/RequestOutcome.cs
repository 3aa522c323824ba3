using System.Text.Json;
using Cni.Protocol;

namespace Cni.Agent.Observing;

/// <summary>How a request ended: what a log line, a metric and the status say of it.</summary>
/// <param name="Code">0, or the code of the specification's error.</param>
/// <param name="Message">What the runtime was told, or null.</param>
/// <param name="Details">What it was told to do about it, or null.</param>
internal sealed record RequestOutcome(int Code, string? Message, string? Details)
{
    internal bool IsGranted => Code == 0;

    /// <summary>Reads it off the answer.</summary>
    internal static RequestOutcome Of(CniReply reply) =>
        reply is { ExitCode: not 0, Output: { } output } && output.Deserialize(CniJson.Default.CniError) is { } error
            ? new RequestOutcome(error.Code, error.Msg, error.Details)
            : new RequestOutcome(0, null, null);
}
