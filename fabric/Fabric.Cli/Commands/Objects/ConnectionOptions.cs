using System.CommandLine;
using Fabric.Cli.Api;
using Fabric.Cli.Completion;
using Fabric.Kube.Configuration;

namespace Fabric.Cli.Commands.Objects;

/// <summary>The options by which a command is told which server and namespace it works on.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "How to reach the server; else $KUBECONFIG, ~/.kube/config, or the only lab or server of this machine",
        HelpName = "FILE",
    };

    private readonly Option<string?> _context = new("--context") { Description = "Which context of the kubeconfig; its current one when absent", HelpName = "NAME" };

    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "Namespace of objects that have one; that of the context when absent", HelpName = "NAMESPACE" };

    /// <param name="command">Receives the options.</param>
    /// <param name="namespaced">Whether the command is about objects in a namespace.</param>
    public ConnectionOptions(Command command, bool namespaced = true)
    {
        if (namespaced)
            command.Add(_namespace);
        command.Add(_kubeconfig);
        command.Add(_context);
        HasNamespace = namespaced;
        Completion = new ObjectCompletion(Open);
        _namespace.CompleteFrom(Completion.NamespacesAsync);
    }

    /// <summary>Completes words by asking the server that the options name.</summary>
    public ObjectCompletion Completion { get; }

    private bool HasNamespace { get; }

    /// <summary>Prepares the connection; nothing is sent yet.</summary>
    public ApiSession Open(ParseResult parse)
    {
        var connection = KubeConnection.FromFile(ServerChoice.Find(parse.GetValue(_kubeconfig)), parse.GetValue(_context));
        return new ApiSession(connection, HasNamespace ? parse.GetValue(_namespace) : null, parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
    }
}
