using System.CommandLine;
using System.Text.Json;
using Fabric.Cli.Terminal;
using Fabric.Resources;
using Lab.Demo;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Spectre.Console;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab demo</c>: the main job, shown with real packets.</summary>
internal static class LabDemoCommand
{
    internal static Command Create()
    {
        var samples = new Option<DirectoryInfo>("--samples") { Description = "Folder of the sample manifests", Required = true };
        var keep = new Option<bool>("--keep") { Description = "Leave the lab running" };
        var json = new Option<bool>("--json") { Description = "Print the result for programs" };
        var command = new Command("demo", "Bring a lab up, show a pod and a VM talking across its nodes, take it down") { samples, keep, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric lab demo");
            var report = await RunAsync(parse.GetValue(samples)!.FullName, parse.GetValue(keep), cancellationToken);
            if (parse.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.Report));
            }
            else
            {
                Show(report);
            }

            return report.Held ? 0 : 1;
        });
        return command;
    }

    private static async Task<Report> RunAsync(string samples, bool keep, CancellationToken cancellationToken)
    {
        using var steps = new StepReporter();
        foreach (var id in FabricLab.ListAbandoned())
        {
            steps.Report($"removing lab {id}, left by a run that was killed");
            await FabricLab.DownAsync(id, cancellationToken);
        }

        var lab = await FabricLab.UpAsync(Programs.LabOptions(name: null, nodes: 2) with { EndsWithCaller = !keep }, steps, cancellationToken);
        try
        {
            var kubectls = await Kubectl.FindAsync(Programs.FetchedKubectl, lab.Folder.Kubeconfig, cancellationToken);
            return await new Story(new DemoLab(lab), kubectls, samples, steps).RunAsync(cancellationToken);
        }
        catch
        {
            steps.Fail();
            throw;
        }
        finally
        {
            if (keep)
            {
                steps.Report($"lab {lab.Record.Id} is kept: export KUBECONFIG={lab.Folder.Kubeconfig}");
            }
            else
            {
                steps.Report("taking the lab down");
                await lab.DownAsync(CancellationToken.None);
            }
        }
    }

    private static void Show(Report report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("shown", "", "measured");
        foreach (var check in report.Checks)
        {
            table.AddRow(new Text(check.Shown), new Text(check.Held ? "held" : "FAILED", new Style(check.Held ? Color.Green : Color.Red)), new Text(check.Measured));
        }

        Wide.Console.Write(table);
        Console.WriteLine(report.Held
            ? $"All of it held, in {report.Seconds:0} s."
            : $"{report.Checks.Count(check => !check.Held)} of {report.Checks.Count} did not hold.");
    }

    /// <summary>A lab that is up, as the demo needs it.</summary>
    private sealed class DemoLab(FabricLab lab) : IDemoLab
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

        public string Id => lab.Record.Id;

        public string Kubeconfig => lab.Folder.Kubeconfig;

        public Task<ToolResult> ExecInPodAsync(string @namespace, string pod, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
            lab.ExecAsync(new ObjectKey(@namespace, pod), command, Deadline, cancellationToken);

        public Task<ToolResult> ExecInGuestAsync(string @namespace, string vm, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
            lab.GuestExecAsync(new ObjectKey(@namespace, vm), command, Deadline, cancellationToken);
    }
}
