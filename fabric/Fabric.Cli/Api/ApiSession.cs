using System.Text.Json.Nodes;
using Fabric.Cli.Output;
using Fabric.Kube;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Api;

/// <summary>A command's connection to a server, and where it writes.</summary>
internal sealed class ApiSession : IDisposable
{
    /// <summary>A person waits: a server that does not answer is said to be so within a second.</summary>
    private const int Attempts = 3;

    private readonly KubeClient _client;
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    public ApiSession(Kube.Configuration.KubeConnection connection, string? @namespace, TextWriter output, TextWriter error)
    {
        _client = new KubeClient(connection, new KubeClientOptions { Attempts = Attempts, FieldManager = Manager });
        GivenNamespace = @namespace is null ? null : ApiName.Require(@namespace, "--namespace");
        Namespace = GivenNamespace ?? connection.Namespace;
        Kinds = new ApiKinds(_client);
        Output = output;
        Error = error;
    }

    /// <summary>Who owns the fields that these commands set.</summary>
    public const string Manager = "fabric-cli";

    public ApiKinds Kinds { get; }

    /// <summary>The namespace that the command line names, or null.</summary>
    public string? GivenNamespace { get; }

    /// <summary>The namespace in force.</summary>
    public string Namespace { get; }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    /// <summary>Sends a request, and prints what the server warns of, each warning once.</summary>
    public async Task<KubeResponse> SendAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        var response = await _client.SendAsync(request, cancellationToken);
        foreach (var warning in response.Warnings.Where(_warned.Add))
            await Error.WriteLineAsync($"Warning: {Printable.Line(warning)}");
        return response;
    }

    /// <summary>Reads a document.</summary>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken, string? accept = null) =>
        ApiJson.Parse(path, (await SendAsync(new KubeRequest(HttpMethod.Get, path) { Accept = accept }, cancellationToken)).Body);

    /// <summary>The lines of a watch.</summary>
    public IAsyncEnumerable<string> WatchAsync(KubeRequest request, CancellationToken cancellationToken) => _client.ReadLinesAsync(request, cancellationToken);

    public void Dispose() => _client.Dispose();
}
