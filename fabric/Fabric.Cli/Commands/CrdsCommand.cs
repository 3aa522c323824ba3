using System.CommandLine;
using Fabric.Resources.Crds;

namespace Fabric.Cli.Commands;

/// <summary><c>fabric crds</c>: the definitions of Fabric's kinds.</summary>
internal static class CrdsCommand
{
    internal static Command Create()
    {
        var output = new Option<DirectoryInfo?>("--out")
        {
            Description = "Folder to write one file per kind to; standard output when absent",
        };
        var command = new Command("crds", "Print the CustomResourceDefinitions of Fabric's kinds") { output };
        command.SetAction(parse =>
        {
            var folder = parse.GetValue(output);
            foreach (var (file, definition) in CrdGenerator.All().OrderBy(each => each.Key, StringComparer.Ordinal))
            {
                var yaml = CrdYaml.Write(definition);
                if (folder is null)
                {
                    Console.Out.Write($"---\n{yaml}");
                }
                else
                {
                    folder.Create();
                    File.WriteAllText(Path.Combine(folder.FullName, file), yaml);
                }
            }
        });
        return command;
    }
}
