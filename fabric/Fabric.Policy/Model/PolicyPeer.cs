using Fabric.Primitives;

namespace Fabric.Policy.Model;

/// <summary>The other end of a connection.</summary>
public abstract record PolicyPeer
{
    private PolicyPeer()
    {
    }

    /// <summary>Addresses, whoever has them.</summary>
    /// <param name="Prefix">The block.</param>
    /// <param name="Except">What of it is not meant.</param>
    public sealed record Addresses(IpPrefix Prefix, EquatableArray<IpPrefix> Except) : PolicyPeer
    {
        /// <summary>Whether an address is meant.</summary>
        public bool Contains(IpAddress address) => Prefix.Contains(address) && !Except.Any(except => except.Contains(address));

        /// <inheritdoc/>
        public override string ToString() => Except.IsEmpty ? Prefix.ToString() : $"{Prefix} except {string.Join(", ", Except)}";
    }

    /// <summary>Nics, by who they belong to.</summary>
    /// <param name="Selector">Which.</param>
    public sealed record Nics(PeerSelector Selector) : PolicyPeer
    {
        /// <inheritdoc/>
        public override string ToString() => Selector.ToString();
    }
}
