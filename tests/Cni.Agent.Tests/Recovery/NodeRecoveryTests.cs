using Cni.Agent.Journal;
using Cni.Agent.Recovery;

namespace Cni.Agent.Tests.Recovery;

public sealed class NodeRecoveryTests
{
    [Fact]
    public void Every_mark_with_and_without_its_container_has_its_action()
    {
        var expected = new Dictionary<(AttachmentStep, bool), RecoveryAction>
        {
            [(AttachmentStep.Pending, true)] = RecoveryAction.Remove,
            [(AttachmentStep.Pending, false)] = RecoveryAction.Remove,
            [(AttachmentStep.Started, true)] = RecoveryAction.Remove,
            [(AttachmentStep.Started, false)] = RecoveryAction.Remove,
            [(AttachmentStep.Finished, true)] = RecoveryAction.Keep,
            [(AttachmentStep.Finished, false)] = RecoveryAction.Remove,
            [(AttachmentStep.Releasing, true)] = RecoveryAction.Release,
            [(AttachmentStep.Releasing, false)] = RecoveryAction.Release,
        };

        Assert.Equal(2 * Enum.GetValues<AttachmentStep>().Length, expected.Count);
        foreach (var ((step, lives), action) in expected)
            Assert.Equal(action, NodeRecovery.Decide(step, lives));
    }
}
