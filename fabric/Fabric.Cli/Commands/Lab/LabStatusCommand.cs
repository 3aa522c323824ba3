using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;
using Spectre.Console;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab status</c>.</summary>
internal static class LabStatusCommand
{
    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var command = new Command("status", "Show what a lab is made of and how it is; exits 1 when something is not well") { lab, output };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric lab status");
            if (parse.GetValue(lab) is null && FabricLab.List() is { Count: not 1 } labs)
            {
                return ShowList(labs, parse.GetValue(output) == "json");
            }

            var status = await LabCommand.Open(parse, lab).StatusAsync(cancellationToken);
            if (parse.GetValue(output) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(status, LabStatusJson.Default.LabStatus));
            }
            else
            {
                Show(status);
            }

            return status.Healthy ? 0 : 1;
        });
        return command;
    }

    private static int ShowList(IReadOnlyList<string> labs, bool json)
    {
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new LabList(labs), LabStatusJson.Default.LabList)
            : labs.Count == 0 ? "no lab is up" : $"labs: {string.Join(", ", labs)} (choose one with --lab)");
        return 0;
    }

    private static void Show(LabStatus status)
    {
        Console.WriteLine($"lab {status.Lab}: {(status.Healthy ? "well" : "not well")}, since {status.Created:u}");
        Console.WriteLine($"API {status.Api.Server} ({(status.Api.Reachable ? "answers" : "does not answer")}), kubeconfig {status.Api.Kubeconfig}");
        Write(["node", "address", "namespace", "ready"], status.Nodes.Select(node => (string[])[node.Name, node.Address, node.Namespace, YesNo(node.Ready)]));
        Write(["process", "pid", "alive", "log"], status.Processes.Select(process => (string[])[process.Name, $"{process.Pid}", YesNo(process.Alive), process.Log ?? ""]));
        Write(["pod", "phase", "node", "address"], status.Pods.Select(pod => (string[])[$"{pod.Namespace}/{pod.Name}", pod.Phase ?? "", pod.Node ?? "", pod.Address ?? ""]));
        Write(["VM", "phase", "node", "addresses"], status.VirtualMachines.Select(vm => (string[])[$"{vm.Namespace}/{vm.Name}", vm.Phase ?? "", vm.Node ?? "", string.Join(' ', vm.Addresses)]));
    }

    private static void Write(string[] headings, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(Markup.Escape(heading.ToUpperInvariant())).NoWrap());
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }

        if (table.Rows.Count > 0)
        {
            Console.WriteLine();
            Wide.Console.Write(table);
        }
    }

    private static string YesNo(bool value) => value ? "yes" : "NO";
}

/// <summary>The labs of this machine.</summary>
internal sealed record LabList(IReadOnlyList<string> Labs);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LabStatus))]
[JsonSerializable(typeof(LabList))]
internal sealed partial class LabStatusJson : JsonSerializerContext;
