using Cni.Protocol;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Observing;

/// <summary>Sees each request once it is answered: one line in the log, its place in the metrics, its error among the last ones.</summary>
internal sealed class RequestObserver(AgentMetrics metrics, RecentErrors errors, TimeProvider time, ILogger logger)
{
    private static readonly HashSet<string> Commands = ["ADD", "DEL", "CHECK", "GC", "STATUS"];

    /// <summary>Begins to time a request; the rest of the caller's work on it is under this timeline.</summary>
    internal RequestTimeline Begin() => RequestTimeline.Begin(time);

    /// <summary>Says how a request ended.</summary>
    internal void Complete(CniRequest request, CniReply reply, RequestTimeline timeline)
    {
        var steps = timeline.End();
        var elapsed = timeline.Elapsed;
        var outcome = RequestOutcome.Of(reply);
        // What a runtime writes there is not bounded; what is counted by it must be.
        var command = Commands.Contains(request.Command) ? request.Command : "other";
        metrics.Count(command, outcome, elapsed, steps);
        if (!outcome.IsGranted)
        {
            errors.Add(RequestError.Of(request, outcome, time.GetUtcNow()));
        }

        Log(request, outcome, elapsed);
    }

    private void Log(CniRequest request, RequestOutcome outcome, TimeSpan elapsed)
    {
        var milliseconds = Math.Round(elapsed.TotalMilliseconds, 1);
        var pod = RequestError.PodOf(request);
        if (outcome.IsGranted)
        {
            // A runtime asks for STATUS and CHECK again and again.
            logger.Log(
                request.Command is "STATUS" or "CHECK" ? LogLevel.Debug : LogLevel.Information,
                "{Command} {Container} {Interface} of pod {Pod}: done in {Milliseconds} ms",
                request.Command, request.ContainerId, request.Ifname, pod, milliseconds);
        }
        else
        {
            logger.LogWarning(
                "{Command} {Container} {Interface} of pod {Pod}: code {Code} in {Milliseconds} ms: {Message} ({Details})",
                request.Command, request.ContainerId, request.Ifname, pod, outcome.Code, milliseconds, outcome.Message, outcome.Details);
        }
    }
}
