using Fabric.Bench.Machine;

namespace Fabric.Bench.Tests.Machine;

public class ProcTests
{
    [Fact]
    public void Load_average_is_read_from_the_kernels_line() =>
        Assert.Equal(new LoadAverage(0.07, 0.94, 2.4), LoadAverage.Parse("0.07 0.94 2.40 1/231 12345\n"));

    [Fact]
    public void Usage_is_read_past_a_name_with_blanks_and_parentheses()
    {
        var usage = ProcessUsage.Parse(
            "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 100 1000 10", ["Name:\ta", "VmHWM:\t    20 kB", "VmRSS:\t    10 kB"]);
        Assert.Equal(new ProcessUsage(TimeSpan.FromSeconds(2), 10 * 1024, 20 * 1024), usage);
    }

    [Fact]
    public void Usage_of_this_process_is_more_than_nothing()
    {
        var usage = ProcessUsage.Of(Environment.ProcessId);
        Assert.InRange(usage.ResidentBytes, 1, usage.PeakResidentBytes);
    }

    [Fact]
    public void Usage_of_a_process_that_is_gone_is_said_so() => Assert.Throws<BenchException>(() => ProcessUsage.Of(int.MaxValue));

    [Fact]
    public void Machine_facts_are_there()
    {
        var machine = MachineFacts.Read();
        Assert.InRange(machine.MemoryBytes, 1 << 26, long.MaxValue);
        Assert.Equal(Environment.ProcessorCount, machine.Cores);
        Assert.NotEqual("", machine.Kernel);
        Assert.NotEqual("", machine.Processor);
    }
}
