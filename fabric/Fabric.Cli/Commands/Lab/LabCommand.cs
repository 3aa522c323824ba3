using System.CommandLine;
using Fabric.Cli.Terminal;
using Fabric.Resources;
using Lab.Runner.Lifecycle;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab</c>: a whole fabric on one machine.</summary>
internal static class LabCommand
{
    internal static Command Create() => new("lab", "A whole fabric on this machine: nodes of network namespaces, with real OVN, containerd and QEMU")
    {
        LabUpCommand.Create(), LabStatusCommand.Create(), LabExecCommand.Create(), LabConsoleCommand.Create(), LabMigrateCommand.Create(),
        LabKubeconfigCommand.Create(), LabDownCommand.Create(), LabDemoCommand.Create(), LabRunnerCommand.Create(),
    };

    /// <summary>The option by which a lab is chosen.</summary>
    internal static Option<string?> LabOption() => new("--lab") { Description = "Which lab, by its id; may be left out when there is one" };

    /// <summary>Opens the lab that was chosen.</summary>
    internal static FabricLab Open(ParseResult parse, Option<string?> lab)
    {
        Root.Require("fabric lab");
        return FabricLab.Open(parse.GetValue(lab));
    }

    /// <summary>Reads <c>namespace/name</c>, or a name in namespace <c>default</c>.</summary>
    internal static ObjectKey ParseKey(string text)
    {
        var key = ObjectKey.Parse(text);
        return key.Namespace is null ? new ObjectKey("default", key.Name) : key;
    }
}
