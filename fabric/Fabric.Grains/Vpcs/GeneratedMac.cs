using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fabric.Primitives;

namespace Fabric.Grains.Vpcs;

/// <summary>Makes up MAC addresses: locally administered, and the same again for the same Nic, so that a repeated request tries the same one.</summary>
public static class GeneratedMac
{
    /// <summary>The candidate number <paramref name="attempt"/>, from 0, of a Nic.</summary>
    public static MacAddress For(string ownerUid, int attempt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var uid = Encoding.UTF8.GetBytes(ownerUid);
        var input = new byte[uid.Length + sizeof(int)];
        uid.CopyTo(input, 0);
        BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(uid.Length), attempt);
        SHA256.HashData(input, hash);
        return MacAddress.CreateLocal(hash);
    }
}
