using Fabric.Bench.Servers;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Bench.Population;

/// <summary>One Subnet as the control plane itself has made it: what further ones of the same size look like.</summary>
internal sealed class SubnetPattern
{
    /// <summary>Every address of the pattern is replaced by the one at the same place in the copy.</summary>
    private const int LargestSize = 256;

    private readonly Substitution _text;
    private readonly int _size;

    private SubnetPattern(string text, string name, IpPrefix cidr)
    {
        _size = (int)cidr.Count;
        _text = new Substitution(text, [name, ObjectText.UidOf(text), .. Addresses(cidr)]);
    }

    /// <param name="cidr">What the Subnet's range is: at most 256 addresses.</param>
    internal static async Task<SubnetPattern> CaptureAsync(ApiText api, string name, IpPrefix cidr, CancellationToken cancellationToken)
    {
        if (cidr.Count > LargestSize)
        {
            throw new ArgumentException($"{cidr} is too large for a pattern", nameof(cidr));
        }

        return new SubnetPattern(await api.GetAsync(ResourceTypes.Subnets.ObjectPath(new ObjectKey(name)), cancellationToken), name, cidr);
    }

    /// <param name="cidr">Of the pattern's length.</param>
    internal string Copy(string name, IpPrefix cidr) => _text.With([name, Guid.NewGuid().ToString(), .. Addresses(cidr)]);

    private string[] Addresses(IpPrefix cidr) => [.. Enumerable.Range(0, _size).Select(i => cidr.First.Add((UInt128)i).ToString())];
}
