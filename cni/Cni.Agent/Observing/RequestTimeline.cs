using Cni.Agent.Attaching;

namespace Cni.Agent.Observing;

/// <summary>
/// Where the time of one request goes. It is found from wherever the request is worked on, as an <c>Activity</c> is, so that
/// what makes devices need not hand it on; work that belongs to no request marks nothing.
/// </summary>
internal sealed class RequestTimeline
{
    private static readonly AsyncLocal<RequestTimeline?> Ambient = new();

    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly TimeSpan?[] _steps = new TimeSpan?[Enum.GetValues<RequestStep>().Length];
    private readonly Lock _lock = new();
    private long _last;

    private RequestTimeline(TimeProvider time)
    {
        _time = time;
        _began = _last = time.GetTimestamp();
    }

    /// <summary>How long the request has taken until now.</summary>
    internal TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Begins the timeline of the request that the caller works on.</summary>
    internal static RequestTimeline Begin(TimeProvider time) => Ambient.Value = new RequestTimeline(time);

    /// <summary>Says that the time since the last mark went to <paramref name="step"/>.</summary>
    internal static void Mark(RequestStep step) => Ambient.Value?.Add(step);

    /// <inheritdoc cref="Mark(RequestStep)"/>
    internal static void Mark(AttachStep step) => Ambient.Value?.Add(StepOf(step));

    /// <summary>The steps that were taken, and how long each took in all; what was not marked is <see cref="RequestStep.Rest"/>.</summary>
    internal IReadOnlyList<(RequestStep Step, TimeSpan Time)> End()
    {
        Add(RequestStep.Rest);
        lock (_lock)
        {
            return [.. _steps.Select((time, step) => ((RequestStep)step, time)).Where(each => each.time is not null).Select(each => (each.Item1, each.time!.Value))];
        }
    }

    private static RequestStep StepOf(AttachStep step) => step switch
    {
        AttachStep.Journalled or AttachStep.Forgotten => RequestStep.Journal,
        AttachStep.Reported => RequestStep.Status,
        AttachStep.PortMade or AttachStep.PortRemoved => RequestStep.SwitchPort,
        AttachStep.VethMade or AttachStep.VethRemoved => RequestStep.Veth,
        AttachStep.PortGuarded or AttachStep.Joined or AttachStep.Parted or AttachStep.Limited or AttachStep.ShaperRemoved or AttachStep.HostUp => RequestStep.Datapath,
        AttachStep.Ipv6Prepared or AttachStep.DeviceUp or AttachStep.Addressed or AttachStep.Routed => RequestStep.Container,
        AttachStep.Installed => RequestStep.Flows,
        _ => RequestStep.Rest,
    };

    private void Add(RequestStep step)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _steps[(int)step] = (_steps[(int)step] ?? TimeSpan.Zero) + _time.GetElapsedTime(_last, now);
            _last = now;
        }
    }
}
