using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>What OVN makes of rules as Fabric renders them, with packets.</summary>
public sealed class RuleTests(FastPathRig rig)
{
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("drop", "drop")]
    [InlineData("allow-related", "allow")]
    public async Task A_rule_that_logs_leaves_a_line_with_its_name_at_the_node_of_the_Nic(string action, string verdict)
    {
        var pods = await rig.PodsAsync();
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        var name = $"sg shop/db ingress rule {port}";
        rig.Policy("--log", "--severity=info", $"--name={name}", "acl-add", b.Network, "to-lport", "1500", $"outport==\"{b.Name}\" && udp.dst == {port}", action);
        try
        {
            await rig.InstalledAsync();
            using var echo = new UdpEcho(b, b.Ip, port);
            using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);

            await Eventually.HoldsAsync(() =>
            {
                _ = flow.TryExchange(timeoutMilliseconds: 50);
                return b.Node!.ControllerLog().Any(line => line.Contains($"acl_log(ovn_pinctrl", StringComparison.Ordinal)
                    && line.Contains($"name=\"{name}\", verdict={verdict}, severity=info, direction=to-lport: udp,", StringComparison.Ordinal)
                    && line.Contains($"nw_src={a.Address},nw_dst={b.Address}", StringComparison.Ordinal));
            });
        }
        finally
        {
            rig.Policy("acl-del", b.Network);
        }
    }

    /// <summary>As SecurityGroup.stateless says it: nothing is remembered, so that the way back is judged by itself.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task What_a_stateless_rule_allows_is_answered_only_by_a_rule_of_its_own_and_a_tracked_one_needs_none()
    {
        var pods = await rig.PodsAsync();
        var (a, b) = (pods.A, pods.Near);
        try
        {
            // Nothing is sent to A but by a rule.
            await AllowAsync(a, "udp", "drop", 1100);
            var port = rig.NextPort();
            await AllowAsync(b, $"udp.dst == {port}", "allow-stateless");
            Assert.False(Answers(port));
            await AllowAsync(a, $"udp.src == {port}", "allow-stateless");
            await Eventually.HoldsAsync(() => Answers(port));

            var tracked = rig.NextPort();
            rig.Policy("acl-add", a.Network, "from-lport", "1200", $"inport==\"{a.Name}\" && udp.dst == {tracked}", "allow-related");
            await rig.InstalledAsync();
            await Eventually.HoldsAsync(() => Answers(tracked));
        }
        finally
        {
            rig.Policy("acl-del", a.Network);
        }

        async Task AllowAsync(RigEndpoint pod, string match, string action, int priority = 1200)
        {
            rig.Policy("acl-add", pod.Network, "to-lport", $"{priority}", $"outport==\"{pod.Name}\" && {match}", action);
            await rig.InstalledAsync();
        }

        bool Answers(int port)
        {
            using var echo = new UdpEcho(b, b.Ip, port);
            using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
            return Enumerable.Range(0, 5).Any(_ => flow.TryExchange());
        }
    }
}
