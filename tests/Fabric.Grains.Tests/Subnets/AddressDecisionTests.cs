using Fabric.Grains.Claims;
using Fabric.Grains.Subnets;
using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Subnets;

/// <summary>Every state of an address against every kind of request.</summary>
public sealed class AddressDecisionTests
{
    private static readonly IpAddress Address = IpAddress.Parse("10.0.0.9");

    private static readonly ClaimOwner Me = new() { Namespace = "a", Name = "me", Uid = "me" };

    private static readonly ClaimOwner Other = new() { Namespace = "a", Name = "other", Uid = "other" };

    private static readonly ClaimOwner Keeper = new() { Namespace = "a", Name = "kept", Uid = "kept" };

    public static TheoryData<string, string, string> Table => new()
    {
        // What 10.0.0.9 is    what is asked for       what follows
        { "free",              "it",                   "only 10.0.0.9" },
        { "mine",              "it",                   "only 10.0.0.9" },
        { "another's",         "it",                   "only 10.0.0.9" },
        { "reserved",          "it",                   "AddressReserved" },
        { "mine, reserved",    "it",                   "only 10.0.0.9" },
        { "another's, reserved", "it",                 "AddressReserved" },
        { "pooled",            "it",                   "AddressInPool" },
        { "pooled for me",     "it",                   "only 10.0.0.9" },
        { "kept for me",       "it",                   "only 10.0.0.9" },
        { "free",              "any",                  "10.0.0.2" },
        { "mine",              "any",                  "10.0.0.9" },
        { "another's",         "any",                  "10.0.0.2" },
        { "reserved",          "any",                  "10.0.0.2" },
        { "mine, reserved",    "any",                  "10.0.0.9" },
        { "another's, reserved", "any",                "10.0.0.2" },
        { "pooled",            "any",                  "10.0.0.2" },
        { "pooled for me",     "any",                  "10.0.0.9 by IPPool p" },
        { "pooled, another's", "any",                  "IPPoolExhausted" },
        { "pooled",            "from p",               "10.0.0.9 by IPPool p" },
        { "free",              "from p",               "IPPoolNotFound" },
        { "pooled elsewhere",  "from p",               "IPPoolNotAllowed" },
        { "kept for me",       "any",                  "only 10.0.0.9 by StaticIP kept" },
        { "kept for me",       "any, has another",     "only 10.0.0.9 by StaticIP kept" },
        { "kept for me",       "plugged in with another", "10.0.0.20, restart" },
        { "kept for group",    "any",                  "10.0.0.9 by StaticIP kept" },
        { "kept for group, another's", "any",          "StaticIPExhausted" },
        { "free",              "any, has it",          "10.0.0.9" },
        { "mine",              "any, has it",          "10.0.0.9" },
        { "another's",         "any, has it",          "10.0.0.2" },
        { "reserved",          "any, has it",          "10.0.0.2" },
        { "mine, reserved",    "any, has it",          "10.0.0.9" },
        { "another's, reserved", "any, has it",        "10.0.0.2" },
        { "mine",              "another, has it",      "only 10.0.0.20" },
        { "mine",              "another, plugged in with it", "10.0.0.9, restart" },
        { "mine",              "outside, has it",      "AddressOutsideSubnet" },
        { "full",              "any",                  "SubnetExhausted" },
        { "full",              "it",                   "only 10.0.0.9" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_state_meets_each_request(string state, string asked, string expected)
    {
        var spec = new SubnetSpec
        {
            Ipv4 = new SubnetRange
            {
                Cidr = IpPrefix.Parse(state == "full" ? "10.0.0.8/30" : "10.0.0.0/24"),
                Gateway = state == "full" ? IpAddress.Parse("10.0.0.10") : null,
                Exclude = state.EndsWith("reserved", StringComparison.Ordinal) ? [new IpRange(Address, Address)] : [],
            },
        };
        var addresses = new SubnetAddresses(spec, state.StartsWith("pooled", StringComparison.Ordinal) ? [PoolOf(state)] : []);
        addresses.Note(Address, HoldersIn(state));
        if (state.StartsWith("kept", StringComparison.Ordinal))
            addresses.Note(StaticIPOf(state));
        var has = asked.EndsWith("it", StringComparison.Ordinal) && asked != "it" ? Address : asked.EndsWith("another", StringComparison.Ordinal) ? IpAddress.Parse("10.0.0.20") : default;
        if (has.IsValid && asked.Contains("another", StringComparison.Ordinal) && has != Address)
            addresses.Note(has, new ClaimHolders(Me, null));
        var nic = World.NewNic("me", "s", asked.StartsWith("it", StringComparison.Ordinal) ? "10.0.0.9" : asked.StartsWith("another", StringComparison.Ordinal) ? "10.0.0.20" : asked.StartsWith("outside", StringComparison.Ordinal) ? "10.0.9.9" : null);
        nic = nic with
        {
            Metadata = nic.Metadata with { Uid = "me", Labels = [KeyValuePair.Create("app", "web")] },
            Spec = nic.Spec with { IpPool = asked == "from p" ? "p" : null },
            Status = has.IsValid ? new NicStatus { Addresses = [new IpInterfaceAddress(has, 24)] } : null,
        };
        var subnet = new Subnet { Metadata = new ObjectMeta { Name = "s" }, Spec = spec };
        var decided = AddressDecision.Decide(subnet, addresses, new AddressRequest(nic, asked.Contains("plugged in", StringComparison.Ordinal)));
        Assert.Equal(expected, decided.TryGet(out var plan, out var refusal) ? TextOf(plan) : refusal.Reason);
    }

    [Fact]
    public void A_dual_stack_subnet_gives_one_of_each_and_names_the_family_that_is_full()
    {
        var spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/24") }, Ipv6 = new SubnetRange { Cidr = IpPrefix.Parse("fd00::/126") } };
        var subnet = new Subnet { Metadata = new ObjectMeta { Name = "s" }, Spec = spec };
        var addresses = new SubnetAddresses(spec, []);
        var nic = World.NewNic("me", "s", "fd00::3") with { Metadata = new ObjectMeta { Namespace = "a", Name = "me", Uid = "me" } };
        Assert.Equal("10.0.0.2 and only fd00::3", TextOf(AddressDecision.Decide(subnet, addresses, new AddressRequest(nic, IsAttached: false)).Value));
        addresses.Note(IpAddress.Parse("fd00::2"), new ClaimHolders(Other, null));
        addresses.Note(IpAddress.Parse("fd00::3"), new ClaimHolders(Other, null));
        var any = nic with { Spec = nic.Spec with { Addresses = [] } };
        var refusal = Assert.IsType<SubnetExhausted>(AddressDecision.Decide(subnet, addresses, new AddressRequest(any, IsAttached: false)).Refusal);
        Assert.Equal("fd00::/126", refusal.Cidr.ToString());
    }

    private static string TextOf(AddressPlan plan) =>
        string.Join(" and ", plan.Choices.Select(choice => (choice.IsFirm ? "only " : "") + choice.Address + (choice.Source is null ? "" : " by " + choice.Source)))
        + (plan.IsOutdated ? ", restart" : "");

    private static ClaimHolders HoldersIn(string state) => state switch
    {
        _ when state.StartsWith("mine", StringComparison.Ordinal) => new(Me, null),
        "full" => new(Other, null),
        "kept for me" or "kept for group" => new(null, Keeper),
        "kept for group, another's" => new(Other, Keeper),
        _ when state.Contains("another's", StringComparison.Ordinal) => new(Other, null),
        _ => default,
    };

    private static IPPool PoolOf(string state) => new()
    {
        Metadata = new ObjectMeta { Name = "p" },
        Spec = new IPPoolSpec
        {
            Subnet = "s",
            Ranges = [new IpRange(Address, Address)],
            Namespaces = state switch { "pooled for me" or "pooled, another's" => ["a"], "pooled elsewhere" => ["b"], _ => [] },
        },
    };

    private static StaticIP StaticIPOf(string state) => new()
    {
        Metadata = new ObjectMeta { Namespace = "a", Name = "kept", Uid = "kept" },
        Spec = new StaticIPSpec
        {
            Subnet = "s",
            Addresses = [Address],
            Target = state == "kept for me" ? new StaticIPTarget { Kind = NicOwnerKind.Pod, Name = "me" } : null,
            Selector = state == "kept for me" ? null : new LabelSelector { MatchLabels = [KeyValuePair.Create("app", "web")] },
        },
    };
}
