using System.Text;
using System.Text.Json;

namespace Cni.Protocol.Tests;

public sealed class ResultChainTests
{
    private static readonly CniResult Own = new()
    {
        Interfaces = [new CniInterface { Name = "fb01", Mac = "02:00:00:00:00:01" }, new CniInterface { Name = "net1", Mac = "02:00:00:00:00:02", Sandbox = "/n" }],
        Ips = [new CniAddress { Address = "10.1.0.5/24", Gateway = "10.1.0.1", Interface = 1 }, new CniAddress { Address = "fd01::5/64", Interface = 1 }],
        Routes = [new CniRoute { Dst = "0.0.0.0/0", Gateway = "10.1.0.1" }],
        Dns = new CniDns { Nameservers = ["10.1.0.53"], Domain = "own.example", Search = ["own.example"] },
    };

    [Fact]
    public void Behind_another_plugin_its_result_stays_and_the_own_follows_with_shifted_indexes()
    {
        var previous = Read(
            """
            {"cniVersion":"1.1.0","vendor":{"x":1},
             "interfaces":[{"name":"br0"},{"name":"veth1","pciID":"0000:04:00.5"},{"name":"eth0","sandbox":"/n","mtu":1500,"note":"kept"}],
             "ips":[{"address":"192.0.2.5/24","gateway":"192.0.2.1","interface":2}],
             "routes":[{"dst":"0.0.0.0/0","gw":"192.0.2.1","priority":7,"table":100,"advmss":1400}],
             "dns":{"nameservers":["192.0.2.53"]}}
            """);

        var chained = ResultChain.Append(previous, Own);

        Assert.Equal(["br0", "veth1", "eth0", "fb01", "net1"], chained.Interfaces.Select(each => each.Name));
        Assert.Equal([2, 4, 4], chained.Ips.Select(ip => ip.Interface));
        Assert.Equal([("0.0.0.0/0", "192.0.2.1"), ("0.0.0.0/0", "10.1.0.1")], chained.Routes.Select(route => (route.Dst, route.Gateway!)));
        Assert.Equal((7L, 100L, 1400), (chained.Routes[0].Priority, chained.Routes[0].Table, chained.Routes[0].AdvMss));
        Assert.Equal(("192.0.2.53", "own.example"), (chained.Dns!.Nameservers!.Single(), chained.Dns.Domain));
        var json = JsonSerializer.SerializeToElement(chained, CniJson.Default.CniResult);
        Assert.Equal(1, json.GetProperty("vendor").GetProperty("x").GetInt32());
        Assert.Equal("0000:04:00.5", json.GetProperty("interfaces")[1].GetProperty("pciID").GetString());
        Assert.Equal("kept", json.GetProperty("interfaces")[2].GetProperty("note").GetString());
    }

    [Fact]
    public void Behind_an_empty_result_the_own_stands_alone() =>
        Assert.Equal(
            JsonSerializer.Serialize(Own, CniJson.Default.CniResult),
            JsonSerializer.Serialize(ResultChain.Append(Read("""{"cniVersion":"1.0.0","dns":{}}"""), Own), CniJson.Default.CniResult));

    [Fact]
    public void What_a_later_plugin_took_is_not_looked_for_and_the_MAC_it_set_is()
    {
        var last = ResultChain.Append(Read("{}"), Own) with
        {
            Interfaces = [Own.Interfaces[0], Own.Interfaces[1] with { Mac = "02:00:00:00:00:99" }],
            Ips = [Own.Ips[0]],
            Routes = [new CniRoute { Dst = "0.0.0.0/0", Gateway = "10.1.0.254" }],
        };

        var remaining = ResultChain.Remaining(Own, last);

        Assert.Equal(["10.1.0.5/24"], remaining.Ips.Select(ip => ip.Address));
        Assert.Empty(remaining.Routes);
        Assert.Equal("02:00:00:00:00:99", ResultChain.InSandbox(remaining, "net1")!.Mac);
        Assert.Null(ResultChain.InSandbox(remaining, "fb01"));
    }

    [Fact]
    public void Name_service_is_overridden_field_by_field()
    {
        var told = new CniDns { Nameservers = ["192.0.2.1"], Options = [] }.Over(new CniDns { Nameservers = ["10.1.0.53"], Domain = "d", Search = ["s"], Options = ["ndots:2"] });

        Assert.Equal(("192.0.2.1", "d", "s", "ndots:2"), (told.Nameservers!.Single(), told.Domain, told.Search!.Single(), told.Options!.Single()));
        Assert.Equal("d", told.Over(null).Domain);
    }

    [Fact]
    public void No_bytes_make_the_reader_of_previous_results_do_anything_but_refuse()
    {
        var random = new Random(20261127);
        var valid = Encoding.UTF8.GetBytes(
            """{"prevResult":{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","sandbox":"/n","mtu":1500}],"ips":[{"version":"4","address":"10.0.0.5/24","interface":0}],"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1","priority":1}],"dns":{"nameservers":["10.0.0.2"]}}}""");
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])valid.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            }

            try
            {
                if (JsonSerializer.Deserialize(bytes, CniJson.Default.NetworkConfig)!.ReadPrevResult() is { } previous)
                {
                    read++;
                    Assert.Equal(previous.Ips.Count + Own.Ips.Count, ResultChain.Append(previous, Own).Ips.Count);
                    _ = ResultChain.Remaining(Own, previous);
                    _ = CniVersions.Convert(previous, "0.4.0");
                }
            }
            catch (JsonException)
            {
                // The one way to refuse.
            }
        }

        Assert.InRange(read, 100, 20_000);
    }

    private static CniResult Read(string json) => JsonSerializer.Deserialize(json, CniJson.Default.CniResult)!;
}
