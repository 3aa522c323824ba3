using System.Text;
using Fabric.Bench.Servers;

namespace Fabric.Bench.Tests.Servers;

public class DatabaseLogTests
{
    [Fact]
    public void Records_after_the_schema_are_counted() => Assert.Equal(2, Count(
        "OVSDB JSON 15 0f\n{\"name\":\"OVN\"}\nOVSDB JSON 3 aa\n{}\nOVSDB JSON 30 bb\n{\"a\":\"\\nOVSDB JSON 1\"}\n"));

    [Fact]
    public void A_record_is_found_across_the_edge_of_what_is_read_at_once() =>
        Assert.Equal(1, Count($"OVSDB JSON 1 0f\n{new string(' ', 65_536 - 22)}\nOVSDB JSON 3 aa\n{{}}\n"));

    private static long Count(string text) => DatabaseLog.CountRecords(new MemoryStream(Encoding.UTF8.GetBytes(text)));
}
