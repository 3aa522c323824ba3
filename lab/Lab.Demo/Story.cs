using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Lab.Demo;

/// <summary>
/// The main job, told with real packets: a pod and a VM from their manifests on two nodes and in two subnets talk, are
/// what the API says they are, keep their addresses, and cannot lie about them.
/// </summary>
/// <param name="lab">A lab with at least two nodes.</param>
/// <param name="kubectls">The kubectl programs to show it with; all apply, the last one is used for the rest.</param>
/// <param name="samples">The folder of manifests.</param>
/// <param name="progress">Told each step.</param>
public sealed class Story(IDemoLab lab, IReadOnlyList<Kubectl> kubectls, string samples, IProgress<string> progress)
{
    private const string Namespace = "demo";
    private const string Pod = "client";
    private const string Vm = "web";
    private const string PodNic = "pod.client.eth0";
    private const string VmNic = "vm.web.default";
    private const int Pings = 100;
    private const int Spoofs = 5;

    private readonly Kubectl _kubectl = kubectls[^1];
    private readonly List<Check> _checks = [];

    private readonly Endpoint _pod = new($"pod {Pod}", (command, ct) => lab.ExecInPodAsync(Namespace, Pod, command, ct));
    private readonly Endpoint _guest = new($"VM {Vm}", (command, ct) => lab.ExecInGuestAsync(Namespace, Vm, command, ct));

    /// <summary>Tells it.</summary>
    /// <returns>What held and what did not; a step that could not be carried out is thrown.</returns>
    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await ApplyAsync(cancellationToken);
        var before = await ReadNicsAsync(cancellationToken);
        await CompareAddressesAsync(before, cancellationToken);
        await TalkAsync(before, cancellationToken);
        await SpoofAsync(before, cancellationToken);
        await RestartElsewhereAsync(before, cancellationToken);
        return new Report(lab.Id, clock.Elapsed.TotalSeconds, _checks);
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        progress.Report("applying the network, a pod and an unmodified VirtualMachine with kubectl");
        var clock = Stopwatch.StartNew();
        foreach (var kubectl in kubectls)
        {
            await kubectl.RunAsync(cancellationToken, "apply", "-f", samples);
        }

        progress.Report("waiting for the pod and the VM");
        await WaitReadyAsync($"pod/{Pod}", cancellationToken);
        var podReady = clock.Elapsed.TotalSeconds;
        await WaitReadyAsync($"vm/{Vm}", cancellationToken);
        Show(
            "manifests apply with kubectl, pod and VM become ready",
            held: true,
            $"kubectl {string.Join(" and ", kubectls.Select(each => each.Version))}; pod after {podReady:0.0} s, VM after {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private async Task CompareAddressesAsync(Nics nics, CancellationToken cancellationToken)
    {
        progress.Report("comparing the addresses in use with those in kubectl get nics");
        Show("pod and VM run on different nodes", nics.Pod.Node != nics.Vm.Node, $"{nics.Pod.Node} and {nics.Vm.Node}");
        foreach (var (endpoint, nic) in new[] { (_pod, nics.Pod), (_guest, nics.Vm) })
        {
            var address = await endpoint.AddressAsync(cancellationToken);
            var mac = await endpoint.MacAsync(cancellationToken);
            Show(
                $"{endpoint.Name} uses the address and MAC of its Nic",
                address == nic.Address && mac == nic.Mac,
                address == nic.Address && mac == nic.Mac ? $"{address} {mac}" : $"in use {address} {mac}, Nic {nic.Address} {nic.Mac}");
        }

        var lease = await _guest.ExecAsync(["cat", "/run/dhcp.eth0"], cancellationToken);
        var server = lease.Output.Split('\n').Select(line => line.Split('=', 2)).FirstOrDefault(pair => pair[0] == "serverid")?[^1].Trim() ?? "none";
        Show("the guest has its address by DHCP from the fabric", server == nics.Vm.Gateway, $"DHCP server {server}");
    }

    private async Task TalkAsync(Nics nics, CancellationToken cancellationToken)
    {
        progress.Report("sending packets across nodes and subnets, both ways");
        var there = await _pod.PingAsync(nics.Vm.Ip, Pings, cancellationToken);
        Show("pod reaches VM across nodes and subnets", there.IsWhole, there.ToString());
        var back = await _guest.PingAsync(nics.Pod.Ip, Pings, cancellationToken);
        Show("VM reaches pod across nodes and subnets", back.IsWhole, back.ToString());
    }

    private async Task SpoofAsync(Nics nics, CancellationToken cancellationToken)
    {
        progress.Report("lying about a source address");
        var start = await _pod.EchosReceivedAsync(cancellationToken);
        var honest = await _guest.PingAsync(nics.Pod.Ip, Spoofs, cancellationToken);
        var afterHonest = await _pod.EchosReceivedAsync(cancellationToken);
        await _guest.SpoofAsync(Neighbour(nics.Vm.Ip), nics.Pod.Ip, Spoofs, cancellationToken);
        var afterSpoof = await _pod.EchosReceivedAsync(cancellationToken);
        Show(
            "a spoofed source address does not pass",
            honest.Sent > 0 && afterHonest - start >= honest.Sent && afterSpoof == afterHonest,
            $"{afterSpoof - afterHonest} of {Spoofs} spoofed requests arrived, {afterHonest - start} of {honest.Sent} honest ones");
    }

    private async Task RestartElsewhereAsync(Nics before, CancellationToken cancellationToken)
    {
        progress.Report("stopping the VM");
        await PatchVmAsync("""{"spec":{"runStrategy":"Halted"}}""", cancellationToken);
        await UntilAsync($"the instance of VM {Vm} is gone", async () =>
            string.IsNullOrEmpty(await _kubectl.RunAsync(cancellationToken, "get", "vmi", Vm, "-n", Namespace, "--ignore-not-found", "-o", "name")), cancellationToken);
        await UntilAsync("the VM's Nic is detached", async () => (await ReadNicAsync(VmNic, cancellationToken)).Attachments == 0, cancellationToken);
        var stopped = await ReadNicAsync(VmNic, cancellationToken);
        Show(
            "a stopped VM keeps its Nic",
            (stopped.Address, stopped.Mac) == (before.Vm.Address, before.Vm.Mac),
            $"{stopped.Address} {stopped.Mac}, attached nowhere");

        progress.Report($"starting the VM on {before.Pod.Node}");
        var clock = Stopwatch.StartNew();
        await PatchVmAsync(
            """{"spec":{"runStrategy":"Always","template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"NODE"}}}}}""".Replace("NODE", before.Pod.Node, StringComparison.Ordinal),
            cancellationToken);
        await WaitReadyAsync($"vm/{Vm}", cancellationToken);
        var started = clock.Elapsed.TotalSeconds;
        var after = await ReadNicAsync(VmNic, cancellationToken);
        var address = await _guest.AddressAsync(cancellationToken);
        var reached = await _pod.PingAsync(after.Ip, Pings, cancellationToken);
        Show(
            "the VM keeps its address on the other node",
            address == before.Vm.Address && after.Mac == before.Vm.Mac && after.Node == before.Pod.Node && reached.IsWhole,
            $"{address} on {after.Node} after {started:0.0} s; {reached}");
    }

    private Task<string> PatchVmAsync(string patch, CancellationToken cancellationToken) =>
        _kubectl.RunAsync(cancellationToken, "patch", "vm", Vm, "-n", Namespace, "--type", "merge", "-p", patch);

    private Task<string> WaitReadyAsync(string what, CancellationToken cancellationToken) =>
        _kubectl.RunAsync(cancellationToken, "wait", what, "-n", Namespace, "--for=condition=Ready", "--timeout=55s");

    private async Task<Nics> ReadNicsAsync(CancellationToken cancellationToken) =>
        new(await ReadNicAsync(PodNic, cancellationToken), await ReadNicAsync(VmNic, cancellationToken));

    private async Task<NicFacts> ReadNicAsync(string name, CancellationToken cancellationToken)
    {
        var status = (await _kubectl.JsonAsync(cancellationToken, "get", "nic", name, "-n", Namespace))["status"];
        return new NicFacts(
            (string?)status?["addresses"]?[0] ?? "none",
            (string?)status?["macAddress"] ?? "none",
            (string?)status?["gateways"]?[0] ?? "none",
            (string?)status?["node"] ?? "none",
            (status?["attachments"] as JsonArray)?.Count ?? 0);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new TimeoutException($"after 60 s it is still not so that {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>Another address of the same subnet: the last octet's lowest bit flipped.</summary>
    private static string Neighbour(string ip)
    {
        var octets = ip.Split('.');
        octets[3] = $"{byte.Parse(octets[3]) ^ 1}";
        return string.Join('.', octets);
    }

    private void Show(string shown, bool held, string measured) => _checks.Add(new Check(shown, held, measured));

    private sealed record Nics(NicFacts Pod, NicFacts Vm);

    private sealed record NicFacts(string Address, string Mac, string Gateway, string Node, int Attachments)
    {
        internal string Ip => Address.Split('/')[0];
    }
}
