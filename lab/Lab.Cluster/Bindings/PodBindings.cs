using System.Security.Cryptography;
using System.Text;
using Fabric.Primitives;
using Lab.Cluster.Guests;
using Lab.Runner.Processes;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Bindings;

/// <summary>Makes bindings in launchers' network namespaces with ip, bridge and nft.</summary>
internal sealed class PodBindings : IBindings
{
    /// <inheritdoc/>
    public async Task<GuestNic> BindAsync(Launcher launcher, VmNic nic, EquatableArray<VmPort> ports, CancellationToken cancellationToken)
    {
        try
        {
            var link = PodLink.Parse(await EnterAsync(launcher, ["ip", "-details", "-json", "address", "show", "dev", BindingScript.PodDevice], null, cancellationToken));
            if (nic.Binding == VmBinding.Bridge)
            {
                await ShellAsync(launcher, BindingScript.ForBridge(link, Left(link.OriginalMac)), cancellationToken);
                return new GuestNic(BindingScript.Tap, link.OriginalMac);
            }

            await MasqueradeAsync(launcher, link, ports, cancellationToken);
            return new GuestNic(BindingScript.Tap, link.OriginalMac, link.HasIpv6 ? Masquerade.GuestIpv6 : null);
        }
        catch (Exception e) when (e is ToolException or FormatException)
        {
            throw new GuestException($"interface \"{nic.Name}\" could not be bound: {e.Message}", e);
        }
    }

    private static async Task MasqueradeAsync(Launcher launcher, PodLink link, EquatableArray<VmPort> ports, CancellationToken cancellationToken)
    {
        await ShellAsync(launcher, Masquerade.Script(link), cancellationToken);
        await EnterAsync(launcher, ["nft", "-f", "-"], Masquerade.Rules(ports, link.HasIpv6), cancellationToken);
        await launcher.Node.ExecAsync(launcher.ContainerId, Masquerade.DhcpServer(link.Mtu, link.OriginalMac), cancellationToken);
    }

    /// <summary>The address that the pod's interface keeps: the same each time, local, and not the guest's.</summary>
    private static MacAddress Left(MacAddress original) =>
        MacAddress.CreateLocal(SHA256.HashData(Encoding.ASCII.GetBytes(original.ToString())));

    private static Task<string> ShellAsync(Launcher launcher, string script, CancellationToken cancellationToken) =>
        EnterAsync(launcher, ["/bin/sh", "-s"], script, cancellationToken);

    private static Task<string> EnterAsync(Launcher launcher, IReadOnlyList<string> command, string? input, CancellationToken cancellationToken) =>
        Tool.RunAsync("nsenter", [$"--net={launcher.NetworkNamespace}", "--", .. command], cancellationToken, input);
}
