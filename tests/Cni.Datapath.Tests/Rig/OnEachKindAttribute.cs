using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Cni.Datapath.Tests.Rig;

/// <summary>Runs a test with these arguments on each <see cref="EndpointKind"/>, which is its first argument.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class OnEachKindAttribute(params object?[] arguments) : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<EndpointKind>().Select(kind => new TheoryDataRow([kind, .. arguments]))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
