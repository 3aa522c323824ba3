using System.Security.Cryptography;

namespace Fabric.ApiServer.Writing;

/// <summary>Names for <c>metadata.generateName</c>.</summary>
internal static class NameGenerator
{
    /// <summary>Without vowels and look-alikes: no words, no misreading.</summary>
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 5;

    /// <summary>What Kubernetes keeps of the base, so that the name stays a DNS label.</summary>
    private const int MaxBase = 63 - SuffixLength;

    public static string Generate(string @base)
        => (@base.Length > MaxBase ? @base[..MaxBase] : @base) + RandomNumberGenerator.GetString(Letters, SuffixLength);
}
