using System.Runtime.InteropServices;
using Cni.Netlink.Interop;

namespace Cni.Netlink;

/// <summary>The only way into another network namespace.</summary>
/// <remarks>
/// setns(2) moves one thread, and a thread of the pool that came back in the wrong namespace would be a fault that
/// strikes elsewhere. So threads kept for the purpose enter, do one thing that does not wait, and come back.
/// </remarks>
public static class NetnsScope
{
    private static readonly (string, string)[] StaticIpv6 = [("accept_ra", "0"), ("accept_dad", "0"), ("disable_ipv6", "0")];

    /// <summary>Opens an rtnetlink socket in the namespace at <paramref name="path"/>, such as /run/netns/x or /proc/1/ns/net.</summary>
    /// <returns>A socket that stays in that namespace and keeps it alive until it is disposed of.</returns>
    /// <exception cref="NetlinkException">The path is no network namespace, or may not be entered.</exception>
    public static RouteSocket OpenSocket(string path) => Run(path, RouteSocket.OpenHere);

    /// <summary>Opens an rtnetlink socket in the namespace of this process.</summary>
    public static RouteSocket OpenSocket() => RouteSocket.OpenHere();

    /// <summary>Opens an rtnetlink socket in a namespace made for it, which has no name and ends with the socket.</summary>
    /// <exception cref="NetlinkException">No namespace can be made.</exception>
    internal static RouteSocket OpenSocketInNew() => NamespaceTraveller.GoAsync(
        () =>
        {
            if (LibC.unshare(LibC.CLONE_NEWNET) != 0)
                throw new NetlinkException("make a network namespace", (Errno)Marshal.GetLastPInvokeError());
        },
        RouteSocket.OpenHere).GetAwaiter().GetResult();

    /// <summary>Turns IPv6 off on a link of this process's namespace, so that its own stack never speaks on it.</summary>
    /// <param name="link">The link's name.</param>
    public static void DisableIpv6(string link) => SetIpv6(link, ("disable_ipv6", "1"));

    /// <summary>Turns IPv6 off on a link, so that its namespace's stack never speaks on it.</summary>
    /// <param name="path">The namespace of the link.</param>
    /// <param name="link">The link's name.</param>
    public static void DisableIpv6(string path, string link) => SetIpv6(path, link, ("disable_ipv6", "1"));

    /// <summary>
    /// Opens a socket in the namespace at <paramref name="path"/> and does the rest of what needs a thread in there. All in one entry,
    /// because going there and back takes longer than most requests take.
    /// </summary>
    /// <param name="path">The namespace.</param>
    /// <param name="work">Given the namespace and a socket in it, which it may return; it runs on a thread in the namespace and must not wait.</param>
    /// <exception cref="NetlinkException">The path is no network namespace, or may not be entered; or what <paramref name="work"/> throws.</exception>
    public static Task<T> VisitAsync<T>(string path, Func<SafeHandle, RouteSocket, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return VisitAsync(OpenNamespace(path), path, work);
    }

    private static async Task<T> VisitAsync<T>(SafeHandle target, string path, Func<SafeHandle, RouteSocket, T> work)
    {
        using (target)
        {
            return await NamespaceTraveller.GoAsync(() => Enter(target, path), () =>
            {
                var socket = RouteSocket.OpenHere();
                try
                {
                    return work(target, socket);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            }).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="EnableStaticIpv6(string, string)"/>, on a thread that is in the link's namespace.</summary>
    public static void EnableStaticIpv6(string link) => SetIpv6(link, StaticIpv6);

    /// <summary>
    /// Turns IPv6 on on a link that is still down, with nothing done by itself: no router advertisement changes addresses or
    /// routes (RFC 4861 §6.3.4), and no address, the link-local one neither, is tested before it is used (RFC 4862 §5.4),
    /// which would take a second: whoever gives addresses and MACs gives each once.
    /// </summary>
    /// <param name="path">The namespace of the link.</param>
    /// <param name="link">The link's name.</param>
    public static void EnableStaticIpv6(string path, string link) => SetIpv6(path, link, StaticIpv6);

    /// <summary>Opens the namespace itself, for a link to be put into it.</summary>
    /// <returns>A handle that keeps the namespace alive until it is disposed of.</returns>
    /// <exception cref="NetlinkException">The path cannot be opened.</exception>
    public static SafeHandle OpenNamespace(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetlinkException($"open network namespace {path}", Errno.NoEntry);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new NetlinkException($"open network namespace {path}", Errno.NotPermitted, e.Message);
        }
    }

    /// <summary>
    /// Sets net.ipv6.conf.LINK.* (ip-sysctl), for which rtnetlink has no message. A kernel without IPv6 has nothing to set.
    /// </summary>
    private static void SetIpv6(string path, string link, params (string Setting, string Value)[] settings) => Run<object?>(path, () =>
    {
        SetIpv6(link, settings);
        return null;
    });

    private static void SetIpv6(string link, params (string Setting, string Value)[] settings)
    {
        if (!LinkName.IsValid(link))
            throw new ArgumentException($"\"{link}\" is not a link name", nameof(link));
        // A dot is a valid character of a name and no separator here: this is a path, not a sysctl key.
        var folder = $"/proc/sys/net/ipv6/conf/{link}";
        if (!Directory.Exists(folder))
            return;
        foreach (var (setting, value) in settings)
            File.WriteAllText($"{folder}/{setting}", value);
    }

    /// <summary>Does one thing in the namespace at <paramref name="path"/>, such as opening a socket, which stays there.</summary>
    /// <param name="path">The namespace.</param>
    /// <param name="work">Must not wait; it runs on a thread of its own.</param>
    /// <returns>What <paramref name="work"/> returns.</returns>
    /// <exception cref="NetlinkException">The path is no network namespace, or may not be entered.</exception>
    public static T Run<T>(string path, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        using var target = OpenNamespace(path);
        return NamespaceTraveller.GoAsync(() => Enter(target, path), work).GetAwaiter().GetResult();
    }

    private static void Enter(SafeHandle target, string path)
    {
        if (LibC.setns(target, LibC.CLONE_NEWNET) != 0)
            throw new NetlinkException($"enter network namespace {path}", (Errno)Marshal.GetLastPInvokeError());
    }
}
