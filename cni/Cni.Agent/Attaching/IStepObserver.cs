using Cni.Agent.Observing;

namespace Cni.Agent.Attaching;

/// <summary>Sees the steps of attachments as they are taken: the tests end the agent after each.</summary>
internal interface IStepObserver
{
    /// <summary>A step was taken; called on whichever thread took it.</summary>
    void Passed(AttachStep step);
}

/// <summary>Takes steps. Everything that changes the node, the journal or the API for an attachment goes through here.</summary>
internal sealed class Steps(IStepObserver? observer)
{
    internal void Take(AttachStep step, Action work)
    {
        work();
        Passed(step);
    }

    internal T Take<T>(AttachStep step, Func<T> work)
    {
        var result = work();
        Passed(step);
        return result;
    }

    internal async Task TakeAsync(AttachStep step, Func<Task> work)
    {
        await work();
        Passed(step);
    }

    internal async Task<T> TakeAsync<T>(AttachStep step, Func<Task<T>> work)
    {
        var result = await work();
        Passed(step);
        return result;
    }

    private void Passed(AttachStep step)
    {
        RequestTimeline.Mark(step);
        observer?.Passed(step);
    }
}
