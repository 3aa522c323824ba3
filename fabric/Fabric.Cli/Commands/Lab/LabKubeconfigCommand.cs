using System.CommandLine;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab kubeconfig</c>.</summary>
internal static class LabKubeconfigCommand
{
    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var raw = new Option<bool>("--raw") { Description = "Print the file itself, which holds a token, and not its path" };
        var command = new Command("kubeconfig", "Print the path of the lab's kubeconfig file") { lab, raw };
        command.SetAction(parse =>
        {
            var path = LabCommand.Open(parse, lab).Folder.Kubeconfig;
            Console.WriteLine(parse.GetValue(raw) ? File.ReadAllText(path) : path);
        });
        return command;
    }
}
