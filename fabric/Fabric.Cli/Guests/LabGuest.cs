using System.Net;
using Fabric.Bench;
using Fabric.Kube;
using Fabric.Resources;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Vmnet.KubeVirt;

namespace Fabric.Cli.Guests;

/// <summary>A VM of a lab, with one interface, whose guest serves what benchmarks measure with.</summary>
/// <param name="lab">The lab.</param>
/// <param name="client">Its API.</param>
/// <param name="vm">Namespace and name of the VM.</param>
/// <param name="interfaceName">Its interface.</param>
internal sealed class LabGuest(FabricLab lab, KubeClient client, ObjectKey vm, string interfaceName)
{
    /// <summary>Where it echoes datagrams.</summary>
    internal const int EchoPort = 7;

    /// <summary>Where it sends back what it reads of a connection.</summary>
    internal const int AnswerPort = 7001;

    /// <summary>Where it reads all it is sent.</summary>
    internal const int SinkPort = 7002;

    /// <summary>Where it sends all it can.</summary>
    internal const int SourcePort = 7003;

    /// <summary>Where it floods with datagrams whoever orders it (lab/Lab.Runner/Guest/flood.c).</summary>
    internal const int FloodPort = 7004;

    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ExecDeadline = TimeSpan.FromSeconds(30);

    private static readonly string[] Services =
    [
        $"echo-datagrams {EchoPort}",
        $"nc -ll -p {AnswerPort} -e cat",
        $"nc -ll -p {SinkPort} -e sh -c 'exec cat >/dev/null'",
        $"nc -ll -p {SourcePort} -e cat /dev/zero",
        $"flood-datagrams {FloodPort}",
    ];

    /// <summary>Its Nic.</summary>
    internal ObjectKey Nic { get; } = new(vm.Namespace, $"vm.{vm.Name}.{interfaceName}");

    /// <summary>Its first address, once it serves.</summary>
    internal IPAddress Address { get; private set; } = IPAddress.None;

    /// <summary>Waits until it has booted, and has it serve.</summary>
    internal async Task ServeAsync(CancellationToken cancellationToken)
    {
        if (!await Until.TrueAsync(HasBootedAsync, ReadyDeadline, cancellationToken))
        {
            throw new BenchException($"after {ReadyDeadline.TotalSeconds:0} s it is not so that the guest has booted");
        }

        Address = (await StatusAsync(cancellationToken)).Addresses[0].Address.ToIPAddress();
        foreach (var service in Services)
        {
            await RunAsync($"{service} </dev/null >/dev/null 2>&1 &", cancellationToken);
        }
    }

    /// <summary>Runs a command in its shell.</summary>
    /// <returns>What it said.</returns>
    internal async Task<string> RunAsync(string command, CancellationToken cancellationToken)
    {
        var result = await lab.GuestExecAsync(vm, ["sh", "-c", command], ExecDeadline, cancellationToken);
        return result.ExitCode == 0 ? result.Output : throw new BenchException($"in the guest, `{command}` failed: {result.Error}");
    }

    /// <summary>What its Nic's status says.</summary>
    internal async Task<NicStatus> StatusAsync(CancellationToken cancellationToken) =>
        (await client.Resource(ResourceTypes.Nics).GetAsync(Nic, cancellationToken))?.Status ?? new NicStatus();

    private async Task<bool> HasBootedAsync(CancellationToken cancellationToken) =>
        (await client.Resource(KubeVirtTypes.Instances).GetAsync(vm, cancellationToken))?.Status?.Conditions?.Any(each => each is { Type: "Ready", Status: "True" }) == true;
}
