using System.Diagnostics.Metrics;

namespace Fabric.Realization;

/// <summary>What realization counts, for whoever listens (System.Diagnostics.Metrics, OpenTelemetry).</summary>
public static class RealizationMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "fabric.ovn";

    /// <summary>
    /// The name of the counter of transactions committed to the northbound database. Northd looks at everything after each,
    /// so their number, not that of the rows, is what a change costs OVN.
    /// </summary>
    public const string TransactionsName = "fabric.ovn.northbound.transactions";

    private static readonly Meter Meter = new(MeterName);

    internal static Counter<long> Transactions { get; } =
        Meter.CreateCounter<long>(TransactionsName, "{transaction}", "Transactions committed to OVN's northbound database.");
}
