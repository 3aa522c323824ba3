namespace Fabric.Primitives;

/// <summary>The IP version of an address; the numbers are the versions of the IP header.</summary>
public enum IpFamily : byte
{
    /// <summary>The family of <c>default(IpAddress)</c>, which is no address.</summary>
    None = 0,

    /// <summary>IPv4, 32 bits (RFC 791).</summary>
    V4 = 4,

    /// <summary>IPv6, 128 bits (RFC 8200), including the IPv4-mapped ones.</summary>
    V6 = 6,
}
