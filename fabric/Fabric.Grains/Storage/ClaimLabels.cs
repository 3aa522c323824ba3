using System.Security.Cryptography;
using System.Text;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Storage;

/// <summary>The labels by which the claims of one Subnet or Vpc are listed.</summary>
internal static class ClaimLabels
{
    private const int LongestValue = 63;

    public static EquatableMap<string, string> OfSubnet(string subnet) => Make("subnet", subnet);

    public static EquatableMap<string, string> OfVpc(string vpc) => Make("vpc", vpc);

    public static string SelectSubnet(string subnet) => Select("subnet", subnet);

    public static string SelectVpc(string vpc) => Select("vpc", vpc);

    private static string Select(string name, string value) => $"{FabricApi.Group}/{name}={Fit(value)}";

    private static EquatableMap<string, string> Make(string name, string value) =>
        [KeyValuePair.Create($"{FabricApi.Group}/{name}", Fit(value))];

    /// <summary>A name may be longer than a label's value; the reader compares the spec as well.</summary>
    private static string Fit(string value) => value.Length <= LongestValue
        ? value
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 16));
}
