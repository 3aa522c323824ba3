namespace Fabric.Cli.Listing;

/// <summary>How objects are shown.</summary>
internal enum ListingForm
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

/// <summary>What <c>get</c> was asked for besides the objects.</summary>
internal sealed record ListingOptions
{
    public required ListingForm Form { get; init; }

    /// <summary>Whether rows say their namespace.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>Whether names say their kind, because there are several.</summary>
    public bool ShowKind { get; init; }

    public bool Header { get; init; } = true;

    public bool ManagedFields { get; init; }
}
