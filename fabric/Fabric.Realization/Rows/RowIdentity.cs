using System.Security.Cryptography;
using System.Text;
using Fabric.Resources;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>Whose row it is, written into <c>external_ids</c> of every row made here. Nothing else writes these keys.</summary>
/// <param name="Owner">The object the row is written for.</param>
/// <param name="Part">What the row is to its owner, as <c>router</c>; unique for an owner.</param>
public readonly record struct RowIdentity(RowOwner Owner, string Part)
{
    private const string Prefix = "fabric.vmnet.io/";
    private const string OwnerKey = Prefix + "owner";
    private const string OwnerValue = "fabric";
    private const string KindKey = Prefix + "kind";
    private const string KeyKey = Prefix + "key";
    private const string PartKey = Prefix + "part";

    /// <summary>With the value <c>false</c> on a switch's port to its router: nodes do not accelerate the switch's traffic.</summary>
    public const string FastPathKey = Prefix + "fast-path";

    /// <summary>The keys of what rows may carry beside their identity.</summary>
    internal static OvsdbSet<string> MarkKeys { get; } = [FastPathKey];

    /// <summary>The keys that only this type writes.</summary>
    internal static OvsdbSet<string> Keys { get; } = [OwnerKey, KindKey, KeyKey, PartKey];

    /// <summary>The pairs for the row's <c>external_ids</c>.</summary>
    public OvsdbMap<string, string> ToExternalIds() => OvsdbMap.Of(
        (OwnerKey, OwnerValue), (KindKey, Owner.Kind.ToString()), (KeyKey, Owner.Key.ToString()), (PartKey, Part));

    /// <summary>
    /// Reads the identity of a row; null for a row of somebody else, and for one of a kind that this version does not know.
    /// </summary>
    public static RowIdentity? Read(OvsdbMap<string, string> externalIds) =>
        externalIds.TryGetValue(OwnerKey, out var owner) && owner == OwnerValue
            && externalIds.TryGetValue(KindKey, out var kindText) && Enum.TryParse(kindText, out RowOwnerKind kind) && Enum.IsDefined(kind)
            && externalIds.TryGetValue(KeyKey, out var key) && key.Length > 0
            && externalIds.TryGetValue(PartKey, out var part)
            ? new(new(kind, ObjectKey.Parse(key)), part)
            : null;

    /// <summary>
    /// The UUID that the row is inserted with: always the same for an identity, so that no two rows can ever be made for
    /// one, whoever makes them. RFC 9562 §5.8 (version 8).
    /// </summary>
    internal Guid ToUuid(Table table)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"fabric\0{table.Name}\0{Owner.Kind}\0{Owner.Key}\0{Part}"), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new(hash[..16], bigEndian: true);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Owner} ({Part})";
}

/// <summary>A row made here: its table and whose it is.</summary>
/// <param name="Table">The table.</param>
/// <param name="Identity">Whose row it is.</param>
public readonly record struct RowAddress(Table Table, RowIdentity Identity)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Table} of {Identity}";
}
