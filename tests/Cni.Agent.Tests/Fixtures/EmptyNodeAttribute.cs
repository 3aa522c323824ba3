using System.Reflection;
using Cni.Agent.Tests.Fixtures;
using Xunit.v3;

[assembly: EmptyNode]

namespace Cni.Agent.Tests.Fixtures;

/// <summary>What a test leaves on the node is taken away after it, so that the next one, whichever it is, finds an empty node.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class EmptyNodeAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test) =>
        // Not on xunit's own context, which waits for this.
        Task.Run(async () =>
        {
            if (await TestContext.Current.GetFixture<NodeFixture>() is { } node)
                await node.ClearAsync();
        }).GetAwaiter().GetResult();
}
