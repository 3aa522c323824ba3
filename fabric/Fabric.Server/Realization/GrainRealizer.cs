using Fabric.Grains.Realization;
using Fabric.Realization;
using Fabric.Resources;

namespace Fabric.Server.Realization;

/// <summary>The grains' network: OVN's northbound database.</summary>
internal sealed class GrainRealizer(NorthboundRealizer northbound) : INetworkRealizer
{
    public async Task<string> ApplyAsync(Vpc vpc, CancellationToken cancellationToken)
    {
        Require(await northbound.ApplyAsync(vpc, cancellationToken));
        return NorthboundNames.Router(vpc.Metadata.Name!);
    }

    public async Task<string> ApplyAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        Require(await northbound.ApplyAsync(subnet, cancellationToken));
        return NorthboundNames.Switch(subnet.Metadata.Name!);
    }

    public async Task ApplyAsync(Nic nic, Subnet subnet, CancellationToken cancellationToken) =>
        Require(await northbound.ApplyAsync(nic, cancellationToken));

    public async Task RemoveVpcAsync(string vpc, CancellationToken cancellationToken) =>
        Require(await northbound.RemoveAsync(RowOwner.Vpc(vpc), cancellationToken));

    public async Task RemoveSubnetAsync(string subnet, CancellationToken cancellationToken) =>
        Require(await northbound.RemoveAsync(RowOwner.Subnet(subnet), cancellationToken));

    public async Task RemoveNicAsync(ObjectKey nic, CancellationToken cancellationToken) =>
        Require(await northbound.RemoveAsync(RowOwner.Nic(nic), cancellationToken));

    /// <summary>Rows that wait for others come by themselves; a name that somebody else has taken is a fault to be told.</summary>
    internal static void Require(RealizationOutcome outcome)
    {
        if (outcome is RealizationOutcome.Conflicting { With: var row })
        {
            throw new RealizationConflictException(row);
        }
    }
}

/// <summary>A row of somebody else has the name that one of ours needs.</summary>
internal sealed class RealizationConflictException(ForeignRow row)
    : Exception($"OVN's {row.Table} {row.Uuid} has the name \"{row.Name}\" that Fabric needs and is not Fabric's: rename or delete it");
