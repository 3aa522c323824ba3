using System.CommandLine;
using Fabric.Cli.Manifests;

namespace Fabric.Cli.Commands.Objects;

/// <summary>The options by which a command is given manifests.</summary>
internal sealed class ManifestOptions
{
    private readonly Func<Stream> _input;

    /// <param name="command">Receives the options.</param>
    /// <param name="required">Whether the command does nothing without.</param>
    /// <param name="input">Standard input.</param>
    public ManifestOptions(Command command, bool required, Func<Stream> input)
    {
        _input = input;
        Files = new Option<string[]>("--filename", "-f") { Description = "File or folder of manifests (YAML or JSON), - for standard input; may be repeated", HelpName = "FILE", Required = required };
        Recursive = new Option<bool>("--recursive", "-R") { Description = "Look into folders in folders" };
        command.Add(Files);
        command.Add(Recursive);
    }

    public Option<string[]> Files { get; }

    public Option<bool> Recursive { get; }

    /// <summary>Whether there are any.</summary>
    public bool AreGiven(ParseResult parse) => parse.GetValue(Files) is { Length: > 0 };

    /// <summary>Reads them all.</summary>
    public IReadOnlyList<Manifest> Read(ParseResult parse) => ManifestFiles.Read(parse.GetValue(Files)!, parse.GetValue(Recursive), _input);
}
