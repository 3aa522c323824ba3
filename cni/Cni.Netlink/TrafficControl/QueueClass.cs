using Fabric.Primitives;

namespace Cni.Netlink;

/// <summary>One of the queues of a class queue (tc-htb(8)): what it is assured, and what it may have when others leave something.</summary>
/// <param name="Minor">Its number, from 1: frames whose priority is the class queue's handle with it go here.</param>
/// <param name="Rate">What it is assured.</param>
/// <param name="Ceiling">The most that it gets.</param>
public sealed record QueueClass(ushort Minor, BitRate Rate, BitRate Ceiling)
{
    /// <summary>The class that it borrows from and is part of; 0 for none.</summary>
    public ushort Parent { get; init; }

    /// <summary>0 goes first to 7, of what is left when all have what they are assured.</summary>
    public int Order { get; init; }

    /// <summary>How much goes at once at either rate. A longer frame goes as well, and is made up for.</summary>
    public ByteSize Burst { get; init; } = ByteSize.FromBytes(16 << 10);

    /// <summary>How much one may send until it is the turn of the next of the same order.</summary>
    public ByteSize Quantum { get; init; } = ByteSize.FromBytes(3 << 10);
}
