using System.Net;
using System.Net.NetworkInformation;

namespace Fabric.ApiServer.Hosting;

/// <summary>The names that the server's certificate must have.</summary>
internal static class CertificateNames
{
    public static IEnumerable<string> Of(ApiServerOptions options)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal) { "localhost", IPAddress.Loopback.ToString(), IPAddress.IPv6Loopback.ToString() };
        foreach (var endpoint in options.Listen)
        {
            if (!endpoint.Address.Equals(IPAddress.Any) && !endpoint.Address.Equals(IPAddress.IPv6Any)) names.Add(Plain(endpoint.Address));
            else names.UnionWith(OwnAddresses());
        }

        names.UnionWith(options.ExtraNames);
        return names;
    }

    private static IEnumerable<string> OwnAddresses()
        => NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => Plain(a.Address));

    /// <summary>Without a scope, which certificates do not know.</summary>
    private static string Plain(IPAddress address) => new IPAddress(address.GetAddressBytes()).ToString();
}
