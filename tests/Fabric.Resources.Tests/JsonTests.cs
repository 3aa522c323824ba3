using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Fabric.Resources.Tests;

public sealed class JsonTests
{
    [Fact]
    public void Subnet_reads_as_the_sample_writes_it_with_defaults_filled_in()
    {
        var subnet = JsonSerializer.Deserialize("""
            {"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"web"},
             "spec":{"ipv4":{"cidr":"10.1.0.0/24","exclude":["10.1.0.2","10.1.0.4-10.1.0.9"]}}}
            """, ResourceJson.Default.Subnet)!;
        Assert.Equal("default", subnet.Spec.Vpc);
        Assert.Equal(IpPrefix.Parse("10.1.0.0/24"), subnet.Spec.Ipv4!.Cidr);
        Assert.Equal(2, subnet.Spec.Ipv4!.Exclude.Count);
        Assert.True(subnet.Spec.Dhcp.Enabled);
        Assert.Null(subnet.Status);
    }

    [Fact]
    public void Equal_status_compares_equal_so_that_nothing_is_written_twice()
    {
        NicStatus Make() => new()
        {
            MacAddress = MacAddress.Parse("02:00:00:00:00:01"),
            Addresses = [IpInterfaceAddress.Parse("10.1.0.5/24")],
            Attachments = [new NicAttachment { Node = "n", PodName = "p", PodUid = "u", Phase = AttachmentPhase.Attached }],
            Conditions = [new Condition { Type = Condition.Ready, Status = "True" }],
        };
        Assert.Equal(Make(), Make());
    }

    [Fact]
    public void Pod_keeps_fields_that_are_not_read()
    {
        const string Text = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","managedFields":[{"manager":"x"}]},
             "spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["true"]}}}],"priority":5},
             "status":{"phase":"Running","hostIPs":[{"ip":"10.0.0.1"}]}}
            """;
        var pod = JsonSerializer.Deserialize(Text, ResourceJson.Default.Pod)!;
        var back = JsonSerializer.SerializeToNode(pod, ResourceJson.Default.Pod)!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Text), back), back.ToJsonString());
    }

    [Fact]
    public void Text_that_objects_share_is_kept_once_and_reads_as_it_is_written()
    {
        static Nic Read(string name) => JsonSerializer.Deserialize(
            $$$"""
            {"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Nic","metadata":{"name":"{{{name}}}","labels":{"app":"{{{name}}}"},"annotations":{"a\u0062c":"x\ny"}},
             "spec":{"subnet":"blue","owner":{"kind":"Pod","name":"p","uid":"ü"},"interface":"eth0"}}
            """, ResourceJson.Default.Nic)!;
        var (one, two) = (Read("one"), Read("two"));
        Assert.Same(one.Spec.Subnet, two.Spec.Subnet);
        Assert.Same(one.ApiVersion, two.ApiVersion);
        Assert.Equal(("one", "two"), (one.Metadata.Name, two.Metadata.Name));
        Assert.Equal(("two", "x\ny", "ü"), (two.Metadata.Label("app"), two.Metadata.Annotation("abc"), two.Spec.Owner.Uid));
        Assert.Equal(two, JsonSerializer.Deserialize(JsonSerializer.Serialize(two, ResourceJson.Default.Nic), ResourceJson.Default.Nic));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("true")]
    [InlineData("{}")]
    public void What_is_no_text_is_not_taken_for_one_that_was_read_before(string value)
    {
        static Namespace Read(string name) => JsonSerializer.Deserialize($$$"""{"metadata":{"name":{{{name}}}}}""", ResourceJson.Default.Namespace)!;
        Assert.Equal(value, Read($"\"{value}\"").Metadata.Name);
        Assert.Throws<JsonException>(() => Read(value));
    }

    [Fact]
    public void Times_are_written_as_Kubernetes_reads_them()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2));
        var condition = JsonSerializer.Serialize(
            new Condition { Type = "Ready", Status = "True", LastTransitionTime = at }, ResourceJson.Default.Condition);
        Assert.Contains("\"2026-01-02T01:04:05Z\"", condition, StringComparison.Ordinal);
        var lease = JsonSerializer.Serialize(
            new Lease { Spec = new LeaseSpec { RenewTime = at } }, ResourceJson.Default.Lease);
        Assert.Contains("\"2026-01-02T01:04:05.678000Z\"", lease, StringComparison.Ordinal);
    }

    [Fact]
    public void Setting_a_condition_again_keeps_its_transition_time()
    {
        var first = DateTimeOffset.UnixEpoch;
        EquatableArray<Condition> none = [];
        var once = none.With(new Condition { Type = "Ready", Status = "True", Reason = "A" }, first);
        var twice = once.With(new Condition { Type = "Ready", Status = "True", Reason = "B" }, first.AddHours(1));
        var flipped = twice.With(new Condition { Type = "Ready", Status = "False" }, first.AddHours(2));
        Assert.Equal(first, twice.Find("Ready")!.LastTransitionTime);
        Assert.Equal("B", twice.Find("Ready")!.Reason);
        Assert.Equal(first.AddHours(2), flipped.Find("Ready")!.LastTransitionTime);
    }
}
