namespace Cni.Netlink;

/// <summary>
/// Asks the kernel whether it has a kind of link, qdisc or classifier, by trying it in a network namespace that nobody else
/// is in and that ends with this. The kernel may load a module for it.
/// </summary>
public sealed class KernelSupport : IDisposable
{
    private const string Link = "probe";
    private const string Tried = "tried";

    private readonly RouteSocket _socket;
    private readonly int _link;

    private KernelSupport(RouteSocket socket, int link)
    {
        _socket = socket;
        _link = link;
    }

    /// <summary>Makes the namespace, and a link to try things on.</summary>
    /// <exception cref="NetlinkException">No namespace or veth can be made.</exception>
    public static KernelSupport Open()
    {
        var socket = NetnsScope.OpenSocketInNew();
        try
        {
            socket.AddLink(Link, "veth");
            return new KernelSupport(socket, socket.FindLink(Link)!.Index);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <param name="kind">As ip-link(8) has it: <c>geneve</c>.</param>
    public bool HasLink(string kind) => Tries(
        () =>
        {
            // An earlier kind's link would be refused as a name that is taken, whether or not the kernel knows this one.
            _socket.DeleteLink(Tried);
            _socket.AddLink(Tried, kind);
        },
        Errno.NotSupported);

    /// <param name="kind">As tc(8) has it: <c>fq</c>.</param>
    public bool HasQdisc(string kind) => Tries(() => _socket.AddQdisc(_link, kind), Errno.NoEntry);

    /// <param name="kind">As tc(8) has it: <c>bpf</c>. Needs a clsact qdisc.</param>
    public bool HasClassifier(string kind) => Tries(
        () =>
        {
            _socket.EnsureClsact(_link);
            _socket.AddEmptyFilter(_link, kind);
        },
        Errno.NoEntry);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // A kind that the kernel has may well want options that are not given here; only that it knows the kind is asked.
    private static bool Tries(Action attempt, Errno unknown)
    {
        try
        {
            attempt();
            return true;
        }
        catch (NetlinkException e)
        {
            return e.Errno != unknown;
        }
    }
}
