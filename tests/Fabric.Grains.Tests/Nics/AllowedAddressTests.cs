using Fabric.Grains.Nics;
using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Nics;

public sealed class AllowedAddressTests : IAsyncDisposable
{
    private readonly World _world = new();

    [Fact]
    public async Task An_allowed_address_that_is_anothers_is_said_with_its_name_until_it_is_not()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("router", "blue", "10.0.0.5");
        await _world.AddNicAsync("db", "blue", "10.0.0.9");

        // Its own, a network and an address that nobody has are nobody else's.
        Assert.Null(Shared(await AllowAsync("10.0.0.5/32", "10.0.0.8/31", "10.0.0.100/32")));
        var said = Shared(await AllowAsync("10.0.0.100/32", "10.0.0.9/32"))!;
        Assert.Equal(("True", "ClaimedByAnother"), (said.Status, said.Reason));
        Assert.Contains("10.0.0.9 is Nic a/db's.", said.Message, StringComparison.Ordinal);
        Assert.Null(Shared(await AllowAsync("10.0.0.100/32")));

        Task<Nic> AllowAsync(params string[] addresses) =>
            _world.ChangeNicAsync("router", spec => spec with { AllowedAddresses = [.. addresses.Select(address => new AllowedAddress { Address = IpPrefix.Parse(address) })] });

        static Condition? Shared(Nic nic) => nic.Status!.Conditions.Find(NicConditions.AddressShared);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
