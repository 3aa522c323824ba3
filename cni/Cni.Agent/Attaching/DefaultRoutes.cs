using Cni.Netlink;

namespace Cni.Agent.Attaching;

/// <summary>
/// Which interface of a container has its default routes: unless the network's configuration says otherwise, the first that is
/// plugged in, for each family of addresses. Another one is reached by its own prefix only.
/// </summary>
internal static class DefaultRoutes
{
    /// <summary>The plan with the default routes that the interface is to have.</summary>
    /// <param name="plan">A plan with all of them.</param>
    /// <param name="container">rtnetlink in the container's namespace.</param>
    internal static EndpointPlan Decide(EndpointPlan plan, RouteSocket container) => plan.DefaultRoute switch
    {
        true => plan,
        false => plan.WithGateways(_ => false),
        null => plan.WithGateways(gateway => !container.HasDefaultRoute(gateway.Family)),
    };
}
