using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.FastPath.Migration;
using Bpf.FastPath.Uplinks;

namespace Bpf.FastPath.Tests.Endpoints;

public sealed class LayoutTests
{
    [Theory]
    [InlineData("endpoint")]
    [InlineData("fastpath")]
    public void Rows_of_endpoints_are_laid_out_as_in_C(string program)
    {
        AssertSame<EndpointPeer>(program, "endpoint_peer");
        AssertSame<EndpointCountersRow>(program, "endpoint_counters");
    }

    [Fact]
    public void Rows_of_the_fast_path_are_laid_out_as_in_C()
    {
        AssertSame<FastGeneration>("fastpath", "fast_generation");
        AssertSame<FastKey>("fastpath", "fast_key");
        AssertSame<FastFlow>("fastpath", "fast_flow");
        AssertSame<FastPending>("fastpath", "fast_pending");
        AssertSame<FastConfig>("fastpath", "fast_config");
        AssertSame<FastTunnel>("fastpath", "fast_tunnel");
        AssertSame<UplinkPrefix>("uplink", "uplink_prefix");
    }

    [Fact]
    public void Rows_of_migrations_are_laid_out_as_in_C()
    {
        AssertSame<EndpointPeer>("migration", "endpoint_peer");
        AssertSame<EndpointCountersRow>("migration", "endpoint_counters");
        AssertSame<GateStateRow>("migration", "gate_state");
        AssertSame<HeldFrameRow>("migration", "held_frame");
    }

    private static void AssertSame<T>(string program, string name) where T : unmanaged
    {
        using var opened = BpfObjects.Open(program);
        var inC = opened.GetStruct(name);
        var here = typeof(T).GetFields().Where(field => !field.IsStatic).ToDictionary(field => field.Name, field => (int)Marshal.OffsetOf<T>(field.Name));
        Assert.Equal(inC.Size, Unsafe.SizeOf<T>());
        Assert.Equal(inC.Offsets.OrderBy(member => member.Value), here.OrderBy(member => member.Value));
    }
}
