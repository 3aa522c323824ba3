namespace Cni.Protocol;

/// <summary>How the result of a plugin stands with those of the others in its chain (CNI SPEC, section 5, <c>prevResult</c>).</summary>
public static class ResultChain
{
    /// <summary>
    /// What the plugins before gave, kept as it is, with this plugin's result behind it. Name service is the earlier plugin's
    /// where it said something: it made the container's first interface.
    /// </summary>
    /// <param name="previous">What the plugins before gave.</param>
    /// <param name="own">What this plugin adds.</param>
    public static CniResult Append(CniResult previous, CniResult own)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ArgumentNullException.ThrowIfNull(own);
        var shift = previous.Interfaces.Count;
        return previous with
        {
            CniVersion = own.CniVersion,
            Interfaces = [.. previous.Interfaces, .. own.Interfaces],
            Ips = [.. previous.Ips, .. own.Ips.Select(ip => ip with { Interface = ip.Interface + shift })],
            Routes = [.. previous.Routes, .. own.Routes],
            Dns = previous.Dns?.Over(own.Dns) ?? own.Dns,
        };
    }

    /// <summary>
    /// Of what this plugin made, that which the chain's last result still has: a later plugin may have taken or changed the
    /// rest, and then that is not this one's fault. The interface has the MAC that the last result says.
    /// </summary>
    /// <param name="own">What this plugin made.</param>
    /// <param name="last">The chain's result.</param>
    public static CniResult Remaining(CniResult own, CniResult last)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(last);
        var addresses = last.Ips.Select(ip => ip.Address).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var routes = last.Routes.Select(route => (route.Dst, route.Gateway)).ToHashSet();
        return own with
        {
            Interfaces = [.. own.Interfaces.Select(each => Find(last, each) is { Mac: { Length: > 0 } mac } ? each with { Mac = mac } : each)],
            Ips = [.. own.Ips.Where(ip => addresses.Contains(ip.Address))],
            Routes = [.. own.Routes.Where(route => routes.Contains((route.Dst, route.Gateway)))],
        };
    }

    /// <summary>The interface of this name in a container's namespace, or null.</summary>
    public static CniInterface? InSandbox(CniResult result, string name)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Interfaces.FirstOrDefault(each => each.Name == name && !string.IsNullOrEmpty(each.Sandbox));
    }

    private static CniInterface? Find(CniResult result, CniInterface wanted) => result.Interfaces.FirstOrDefault(
        each => each.Name == wanted.Name && string.IsNullOrEmpty(each.Sandbox) == string.IsNullOrEmpty(wanted.Sandbox));
}
