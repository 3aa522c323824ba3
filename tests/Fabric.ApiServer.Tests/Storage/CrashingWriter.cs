using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.ApiServer.Tests.Storage;

/// <summary>Writes objects as fast as it can and prints the name of each that was acknowledged, until it is killed.</summary>
internal static class CrashingWriter
{
    public const string Argument = "--crashing-writer";

    public static async Task<int> RunAsync(string file)
    {
        await using var store = ObjectStore.Open(file, 100, NullLogger.Instance);
        var printing = new Lock();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (var i = 0; ; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"w{writer}-{i}");
                await store.WriteAsync(tx => tx.Insert(new ObjectKey("things", "default", name), Thing(name)), dryRun: false, CancellationToken.None);
                lock (printing)
                    Console.Out.WriteLine(name);
            }
        }));
        return 0;
    }

    public static JsonObject Thing(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Thing",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default", ["uid"] = Guid.NewGuid().ToString() },
    };
}
