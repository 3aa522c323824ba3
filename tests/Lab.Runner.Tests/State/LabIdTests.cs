using Lab.Runner.State;
using Lab.Runner.Topology;

namespace Lab.Runner.Tests.State;

public sealed class LabIdTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("demo")]
    [InlineData("z9z9z9")]
    public void A_short_lower_case_name_is_taken(string text) => Assert.Equal("fl" + text, LabId.Parse(text).Prefix);

    [Theory]
    [InlineData("")]
    [InlineData("7up")]
    [InlineData("Demo")]
    [InlineData("toolong")]
    [InlineData("a-b")]
    [InlineData("../a")]
    [InlineData("a\n")]
    public void Any_other_name_is_refused(string text) => Assert.Contains("1 to 6", Assert.Throws<LabException>(() => LabId.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_random_id_is_a_valid_one()
    {
        for (int i = 0; i < 1000; i++)
        {
            LabId id = LabId.NewRandom();
            Assert.Equal(id, LabId.Parse(id.Value));
        }
    }

    [Fact]
    public void Every_interface_name_and_socket_path_of_the_largest_lab_fits()
    {
        var folder = new LabFolder(LabId.Parse("zzzzzz"));
        LabRecord plan = Plan.For(folder, 16, kernelDatapath: false, apiPort: 1, guestFolder: "/g", new HashSet<string>());
        NodeRecord last = plan.Nodes[^1];
        Assert.True($"{folder.Id.Prefix}n16".Length <= 15);
        Assert.True($"ovn-{last.Name}-0".Length <= 15);
        string[] sockets = [last.OvsSocket, last.CniSocket, last.CriSocket + ".ttrpc", $"{last.Folder}/ovn-controller.1234567.ctl", $"{folder.Guest(Guid.NewGuid().ToString())}/console.sock"];
        Assert.All(sockets, s => Assert.True(s.Length <= 107, s));
        Assert.Equal(plan.Nodes.Count + 1, plan.Nodes.Select(n => n.Address).Append(plan.CentralAddress).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void An_underlay_in_use_is_passed_over_and_the_choice_is_the_same_each_time()
    {
        LabId id = LabId.Parse("demo");
        string first = Underlay.Choose(id, new HashSet<string>());
        string second = Underlay.Choose(id, new HashSet<string> { first });
        Assert.Equal(first, Underlay.Choose(id, new HashSet<string>()));
        Assert.NotEqual(first, second);
        Assert.All([first, second], s => Assert.Matches(@"^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d{1,3}\.0/24$", s));
    }
}
