using System.CommandLine;
using Fabric.Cli.Terminal;
using Fabric.Kube;
using Fabric.Resources;
using Vmnet.KubeVirt;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab migrate</c>: asks for a live migration as <c>virtctl migrate</c> does, and shows how it goes.</summary>
internal static class LabMigrateCommand
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(50);

    // The Nics follow within tens of milliseconds; a migration that they do not follow is worth saying.
    private static readonly TimeSpan NicPatience = TimeSpan.FromSeconds(10);

    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var to = new Option<string?>("--to") { Description = "The node to move to; the scheduler chooses one when it is left out" };
        var timeout = new Option<string>("--timeout") { Description = "How long to wait, as 90s; the migration goes on", DefaultValueFactory = _ => "120s" };
        var vm = new Argument<string>("VM") { Description = "NAMESPACE/NAME, or a name in namespace default" };
        var command = new Command("migrate", "Move a running VM to another node while it runs, and show how it goes; Ctrl-C cancels the migration") { lab, to, timeout, vm };
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var client = LabCommand.Open(parse, lab).Connect();
            var key = LabCommand.ParseKey(parse.GetValue(vm)!);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (Durations.Parse(parse.GetValue(timeout)!) is { } patience)
            {
                limit.CancelAfter(patience);
            }

            var migration = await BeginAsync(client, key, parse.GetValue(to), cancellationToken);
            try
            {
                await FollowAsync(client, migration, limit.Token);
                await FollowNicsAsync(client, key, migration.Metadata.Uid!, limit.Token);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await client.Resource(KubeVirtTypes.Migrations).DeleteAsync(KubeVirtTypes.Migrations.KeyOf(migration), options: null, CancellationToken.None);
                throw new CommandFailure($"migration {migration.Metadata.Name} is cancelled");
            }
            catch (OperationCanceledException)
            {
                throw new CommandFailure($"migration {migration.Metadata.Name} has not ended in time and goes on: kubectl get vmim {migration.Metadata.Name}");
            }
        });
        return command;
    }

    private static async Task<VirtualMachineInstanceMigration> BeginAsync(KubeClient client, ObjectKey vm, string? to, CancellationToken cancellationToken)
    {
        if (to is not null && await client.Resource(ResourceTypes.Nodes).GetAsync(new ObjectKey(to), cancellationToken) is null)
        {
            throw new CommandFailure($"there is no node {to}");
        }

        var instance = await client.Resource(KubeVirtTypes.Instances).GetAsync(vm, cancellationToken);
        if (instance?.Status is not { Phase: "Running", NodeName: { } from })
        {
            throw new CommandFailure($"VM {vm} does not run");
        }

        if (from == to)
        {
            throw new CommandFailure($"VM {vm} is on {to} already");
        }

        var migration = await client.Resource(KubeVirtTypes.Migrations).CreateAsync(
            new VirtualMachineInstanceMigration
            {
                Metadata = new ObjectMeta { GenerateName = "fabric-migrate-", Namespace = vm.Namespace },
                Spec = new VirtualMachineInstanceMigrationSpec
                {
                    VmiName = vm.Name, AddedNodeSelector = to is null ? null : [KeyValuePair.Create("kubernetes.io/hostname", to)],
                },
            },
            cancellationToken);
        Console.WriteLine($"{migration.Metadata.Name}: {vm} leaves {from}");
        return migration;
    }

    private static async Task FollowAsync(KubeClient client, VirtualMachineInstanceMigration migration, CancellationToken cancellationToken)
    {
        string? shown = null;
        while (true)
        {
            var now = await client.Resource(KubeVirtTypes.Migrations).GetAsync(KubeVirtTypes.Migrations.KeyOf(migration), cancellationToken)
                ?? throw new CommandFailure("somebody cancelled the migration: its object is gone");
            if (now.Status?.Phase is { } phase && phase != shown)
            {
                Console.WriteLine(shown = phase);
            }

            if (now.IsFinished)
            {
                var instance = await client.Resource(KubeVirtTypes.Instances).GetAsync(new ObjectKey(migration.Metadata.Namespace, migration.Spec.VmiName!), cancellationToken);
                if (now.Status!.Phase == "Failed")
                {
                    throw new CommandFailure($"the VM stays where it is: {(instance?.Status?.MigrationState is { } state && state.MigrationUid == migration.Metadata.Uid ? state.FailureReason : null) ?? $"kubectl describe vmim {migration.Metadata.Name} says why"}");
                }

                Console.WriteLine($"runs on {instance?.Status?.NodeName}");
                return;
            }

            await Task.Delay(LookPeriod, cancellationToken);
        }
    }

    /// <summary>What became of the VM's Nics: the port follows the guest.</summary>
    private static async Task FollowNicsAsync(KubeClient client, ObjectKey vm, string migration, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(NicPatience);
        foreach (var nic in (await client.Resource(ResourceTypes.Nics).ListAsync(new ListOptions { Namespace = vm.Namespace }, cancellationToken)).Items.Where(nic => IsOf(nic, vm)))
        {
            var key = ResourceTypes.Nics.KeyOf(nic);
            var now = nic.Status?.Migration;
            while (now is not { Phase: NicMigrationPhase.Converged or NicMigrationPhase.RolledBack } || now.Uid != migration)
            {
                try
                {
                    await Task.Delay(LookPeriod, patience.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    throw new CommandFailure($"the VM runs on another node and Nic {key} has not followed: kubectl describe nic {nic.Metadata.Name}");
                }

                now = (await client.Resource(ResourceTypes.Nics).GetAsync(key, cancellationToken))?.Status?.Migration;
            }

            Console.WriteLine($"Nic {nic.Metadata.Name}: {now.Phase}, {now.Held ?? 0} frames kept, {now.Released ?? 0} released within {(now.ActivationMicroseconds ?? 0) / 1000.0:0.0} ms of the VM's first, nobody read for {now.GapMilliseconds ?? 0} ms{(now.Message is null ? "" : $"; {now.Message}")}");
        }
    }

    private static bool IsOf(Nic nic, ObjectKey vm) =>
        nic.Spec.Owner.Kind is NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance && nic.Spec.Owner.Name == vm.Name && nic.Metadata.Namespace == vm.Namespace;
}
