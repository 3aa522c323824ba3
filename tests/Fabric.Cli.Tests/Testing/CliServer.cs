using System.Net;
using System.Text;
using Fabric.ApiServer;
using Fabric.Cli.Terminal;
using Fabric.Kube;
using Fabric.Kube.Configuration;

namespace Fabric.Cli.Tests.Testing;

/// <summary>What a command line did.</summary>
internal sealed record Ran(int Code, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The real embedded API server with Fabric's and KubeVirt's kinds, and the commands run against it in this process.</summary>
public sealed class CliServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-cli-").FullName;
    private ApiServerHost? _host;

    public string Kubeconfig => _host!.AdminKubeconfigPath;

    /// <summary>A folder for the class's own files.</summary>
    public string Folder => _folder;

    public KubeClient Connect() => new(KubeConnection.FromFile(Kubeconfig));

    public async ValueTask InitializeAsync() => _host = await ApiServerHost.StartAsync(new ApiServerOptions
    {
        DataDirectory = Path.Combine(_folder, "data"),
        Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        CrdDirectories = [Path.Combine(Repository(), "deploy", "crds")],
    });

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public string File(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    internal Task<Ran> RunAsync(string line, string? input = null) => RunAsync([.. Words(line), "--kubeconfig", Kubeconfig], input);

    /// <summary>A command that must succeed.</summary>
    internal async Task<Ran> OkAsync(string line, string? input = null)
    {
        var ran = await RunAsync(line, input);
        Assert.True(ran.Code == 0, $"fabric {line}: exit code {ran.Code}\n{ran.Output}{ran.Error}");
        return ran;
    }

    /// <summary>Runs a command while the test goes on; its output grows as it comes.</summary>
    internal (Task<int> Ended, GrowingText Output, GrowingText Error) Start(string line, CancellationToken cancellationToken)
    {
        var (output, error) = (new GrowingText(), new GrowingText());
        var ended = Invocation.RunAsync(CommandTree.Create(() => Stream.Null), [.. Words(line), "--kubeconfig", Kubeconfig], output, error, cancellationToken);
        return (ended, output, error);
    }

    internal static async Task<Ran> RunAsync(string[] words, string? input = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await Invocation.RunAsync(CommandTree.Create(() => new MemoryStream(Encoding.UTF8.GetBytes(input ?? ""))), words, output, error, TestContext.Current.CancellationToken);
        return new Ran(code, output.ToString(), error.ToString());
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder!.FullName, "Fabric.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
