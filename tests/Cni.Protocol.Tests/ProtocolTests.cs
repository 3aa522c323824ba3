using System.Text;
using System.Text.Json;

namespace Cni.Protocol.Tests;

public sealed class ProtocolTests
{
    private static readonly CniResult Result = new()
    {
        CniVersion = CniVersions.Newest,
        Interfaces = [new CniInterface { Name = "eth0", Mac = "02:00:00:00:00:01", Mtu = 1442, Sandbox = "/run/netns/x" }],
        Ips = [new CniAddress { Address = "10.1.0.5/24", Gateway = "10.1.0.1", Interface = 0 }, new CniAddress { Address = "fd00::5/64" }],
        Routes = [new CniRoute { Dst = "0.0.0.0/0", Gateway = "10.1.0.1", Mtu = 1442 }],
    };

    [Theory]
    [InlineData("0.3.1", true, false)]
    [InlineData("0.4.0", true, false)]
    [InlineData("1.0.0", false, false)]
    [InlineData("1.1.0", false, true)]
    public void Result_is_written_as_the_version_has_it(string version, bool namesFamily, bool hasMtu)
    {
        var json = JsonSerializer.SerializeToElement(CniVersions.Convert(Result, version), CniJson.Default.CniResult);
        Assert.Equal(version, json.GetProperty("cniVersion").GetString());
        Assert.Equal(namesFamily, json.GetProperty("ips")[0].TryGetProperty("version", out var family));
        Assert.Equal(hasMtu, json.GetProperty("interfaces")[0].TryGetProperty("mtu", out _));
        Assert.Equal(hasMtu, json.GetProperty("routes")[0].TryGetProperty("mtu", out _));
        if (namesFamily)
        {
            Assert.Equal("4", family.GetString());
            Assert.Equal("6", json.GetProperty("ips")[1].GetProperty("version").GetString());
        }
    }

    [Fact]
    public void Version_that_is_not_spoken_is_refused() =>
        Assert.Throws<ArgumentException>(() => CniVersions.Convert(Result, "0.2.0"));

    [Theory]
    [InlineData("ADD", "0.3.1 0.4.0 1.0.0 1.1.0")]
    [InlineData("DEL", "0.3.1 0.4.0 1.0.0 1.1.0")]
    [InlineData("VERSION", "0.3.1 0.4.0 1.0.0 1.1.0")]
    [InlineData("CHECK", "0.4.0 1.0.0 1.1.0")]
    [InlineData("GC", "1.1.0")]
    [InlineData("STATUS", "1.1.0")]
    public void A_command_is_there_since_its_version(string command, string versions) =>
        Assert.Equal(versions.Split(' '), CniVersions.Supported.Where(version => CniVersions.Has(version, command)));

    [Fact]
    public void Configuration_keeps_what_is_not_known_and_reads_the_attachments_of_GC()
    {
        var config = JsonSerializer.Deserialize(
            """{"cniVersion":"1.1.0","name":"n","type":"fabric-cni","socket":"/s","cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}],"x":{"y":1}}""",
            CniJson.Default.NetworkConfig)!;
        Assert.Equal([new ValidAttachment("c", "eth0")], config.ReadValidAttachments()!);
        Assert.Equal(1, config.Unknown!["x"].GetProperty("y").GetInt32());
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("""{"cni.dev/valid-attachments":null}""", 0)]
    [InlineData("""{"cni.dev/valid-attachments":[]}""", 0)]
    [InlineData("""{"cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}]}""", 1)]
    public void No_attachments_is_something_else_than_nothing_said_of_attachments(string json, int? count) =>
        Assert.Equal(count, JsonSerializer.Deserialize(json, CniJson.Default.NetworkConfig)!.ReadValidAttachments()?.Count);

    [Theory]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"containerID":"c"}]""")]
    [InlineData("""[{"containerID":null,"ifname":"eth0"}]""")]
    [InlineData("{}")]
    [InlineData("7")]
    public void List_of_attachments_that_is_none_is_refused(string list)
    {
        var config = JsonSerializer.Deserialize($$"""{"cni.dev/valid-attachments":{{list}}}""", CniJson.Default.NetworkConfig)!;
        Assert.Throws<JsonException>(() => config.ReadValidAttachments());
    }

    [Theory]
    [InlineData("""{"interfaces":[null]}""")]
    [InlineData("""{"interfaces":[{"name":null}]}""")]
    [InlineData("""{"interfaces":{}}""")]
    [InlineData("""{"ips":[{}]}""")]
    [InlineData("""{"ips":["10.0.0.1/24"]}""")]
    [InlineData("""{"routes":[{"gw":"10.0.0.1"}]}""")]
    [InlineData("3")]
    public void Previous_result_that_is_none_is_refused_and_only_where_it_is_needed(string result)
    {
        var config = JsonSerializer.Deserialize($$"""{"prevResult":{{result}}}""", CniJson.Default.NetworkConfig)!;
        Assert.Throws<JsonException>(config.ReadPrevResult);
    }

    [Fact]
    public void No_bytes_make_the_parser_do_anything_but_refuse()
    {
        var random = new Random(20261121);
        var valid = Encoding.UTF8.GetBytes("""{"command":"ADD","containerId":"c","netns":"/n","ifname":"eth0","args":"A=B","config":{"cniVersion":"1.0.0","prevResult":{}}}""");
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])valid.Clone();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = CniRequest.Parse(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
            }
            catch (JsonException)
            {
                // The one way to refuse.
            }
        }
    }
}
