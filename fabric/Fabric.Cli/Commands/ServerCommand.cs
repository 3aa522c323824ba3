using System.CommandLine;
using System.Net;
using Fabric.Cli.Terminal;
using Fabric.Server;
using Fabric.Telemetry.Otlp;
using Ovs.Ovsdb;

namespace Fabric.Cli.Commands;

/// <summary><c>fabric server</c>: the control plane.</summary>
internal static class ServerCommand
{
    internal static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of the embedded API server: database, keys, kubeconfig files" };
        var listen = new Option<string[]>("--listen") { Description = "Address and port the embedded API server listens on, such as 127.0.0.1:6443; may be repeated" };
        var name = new Option<string[]>("--name") { Description = "Further host name or address for the server's certificate; may be repeated" };
        var crds = new Option<string[]>("--crds") { Description = "Folder of further CustomResourceDefinitions to serve; may be repeated" };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Work on this Kubernetes API instead of serving the embedded one" };
        var northbound = new Option<string>("--ovn-nb") { Description = "OVN's northbound database: unix:PATH or tcp:HOST:PORT", Required = true };
        var identity = new Option<string?>("--identity")
        {
            Description = "Name of this replica among all that share the work on one API [default: the host's name, with --kubeconfig and the process id]",
        };
        var leaseNamespace = new Option<string>("--lease-namespace") { Description = "Namespace of the replicas' leases", DefaultValueFactory = _ => "kube-system" };
        var leaseDuration = new Option<int>("--lease-duration")
        {
            Description = "Seconds after a replica's last sign of life until the others take over its work; it pauses itself after two thirds of them",
            DefaultValueFactory = _ => 15,
        };

        northbound.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if (!OvsdbEndpoint.TryParse(text, provider: null, out var endpoint))
            {
                result.AddError($"--ovn-nb {text}: write unix:PATH or tcp:HOST:PORT, such as unix:/run/ovn/ovnnb_db.sock");
            }
            else if (endpoint.UsesTls)
            {
                result.AddError($"--ovn-nb {text}: the server has no certificate to show to the database: use unix:PATH or tcp:HOST:PORT");
            }
        });

        // On the option and not on the command, whose validator sees no default yet.
        leaseDuration.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 3600)
            {
                result.AddError("--lease-duration: give 1 to 3600 seconds");
            }
        });
        var logFormat = Logs.FormatOption();
        var command = new Command("server", "Run the control plane: API, grains, OVN realization")
        {
            data, listen, name, crds, kubeconfig, northbound, identity, leaseNamespace, leaseDuration, logFormat,
        };
        command.Validators.Add(result =>
        {
            var embedded = result.GetValue(data) is not null;
            if (embedded == result.GetValue(kubeconfig) is not null)
            {
                result.AddError("give either --data (and --listen) to serve the embedded API, or --kubeconfig to use an existing one");
            }
            else if (embedded && result.GetValue(listen) is not { Length: > 0 })
            {
                result.AddError("--data needs at least one --listen, such as --listen 127.0.0.1:6443");
            }

            if (result.GetValue(identity) is { } asked && ServerOptions.CheckIdentity(asked) is { } problem)
            {
                result.AddError($"--identity {asked}: {problem}");
            }

            foreach (var text in result.GetValue(listen) ?? [])
            {
                if (!IPEndPoint.TryParse(text, out var endpoint) || endpoint.Port == 0)
                {
                    result.AddError($"--listen {text}: write an address and a port, such as 127.0.0.1:6443");
                }
            }
        });
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var logs = Logs.ToStandardError(parse.GetValue(logFormat));
            using var export = MetricsExport.Start("fabric-server", parse.GetValue(identity) ?? Environment.MachineName);
            await ServerHost.RunAsync(
                new ServerOptions
                {
                    Kubeconfig = parse.GetValue(kubeconfig),
                    DataDirectory = parse.GetValue(data),
                    Listen = [.. (parse.GetValue(listen) ?? []).Select(text => IPEndPoint.Parse(text))],
                    ExtraNames = parse.GetValue(name) ?? [],
                    CrdDirectories = parse.GetValue(crds) ?? [],
                    OvnNorthbound = parse.GetValue(northbound)!,
                    Identity = parse.GetValue(identity),
                    LeaseNamespace = parse.GetValue(leaseNamespace)!,
                    LeaseDuration = TimeSpan.FromSeconds(parse.GetValue(leaseDuration)),
                    LoggerFactory = logs,
                },
                cancellationToken);
        });
        return command;
    }
}
