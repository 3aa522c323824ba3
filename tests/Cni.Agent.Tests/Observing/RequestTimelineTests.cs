using Cni.Agent.Observing;

namespace Cni.Agent.Tests.Observing;

public sealed class RequestTimelineTests
{
    [Fact]
    public async Task Each_request_marks_its_own_steps_and_work_of_no_request_marks_none()
    {
        RequestTimeline.Mark(RequestStep.Veth);

        var both = await Task.WhenAll(StepsAsync(RequestStep.Pod), StepsAsync(RequestStep.Nic));

        Assert.Equal([RequestStep.Pod, RequestStep.Journal, RequestStep.Rest], both[0].Select(each => each.Step));
        Assert.Equal([RequestStep.Nic, RequestStep.Journal, RequestStep.Rest], both[1].Select(each => each.Step));
    }

    [Fact]
    public void A_step_that_is_taken_twice_is_told_once_and_the_steps_are_the_whole()
    {
        var timeline = RequestTimeline.Begin(TimeProvider.System);
        RequestTimeline.Mark(RequestStep.Journal);
        RequestTimeline.Mark(RequestStep.Veth);
        RequestTimeline.Mark(RequestStep.Journal);
        var before = timeline.Elapsed;

        var steps = timeline.End();

        Assert.Equal([RequestStep.Journal, RequestStep.Veth, RequestStep.Rest], steps.Select(each => each.Step));
        Assert.InRange(steps.Aggregate(TimeSpan.Zero, (sum, each) => sum + each.Time), before, timeline.Elapsed);
    }

    private static async Task<IReadOnlyList<(RequestStep Step, TimeSpan Time)>> StepsAsync(RequestStep first)
    {
        var timeline = RequestTimeline.Begin(TimeProvider.System);
        RequestTimeline.Mark(first);
        await Task.Yield();
        RequestTimeline.Mark(RequestStep.Journal);
        return timeline.End();
    }
}
