using System.Net;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Hosting;
using Fabric.ApiServer.InProcess;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Upkeep;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Fabric.ApiServer;

/// <summary>
/// A running Kubernetes API server over one SQLite file: built-in kinds, KubeVirt's, and those of CRD files. Clients cannot
/// tell it from kube-apiserver as far as it goes: kubectl works against it unchanged.
/// </summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly ObjectStore _store;
    private readonly UpkeepService _upkeep;
    private readonly CertificateStore _certificates;
    private readonly TokenStore _tokens;
    private readonly RequestPipeline _pipeline;
    private readonly WebApplication _web;
    private readonly CancellationTokenSource _stopping;
    private int _disposed;

    private ApiServerHost(DataDirectory directory, ObjectStore store, UpkeepService upkeep, CertificateStore certificates, TokenStore tokens, RequestPipeline pipeline, WebApplication web, CancellationTokenSource stopping, IReadOnlyList<IPEndPoint> endpoints)
    {
        _directory = directory;
        _store = store;
        _upkeep = upkeep;
        _certificates = certificates;
        _tokens = tokens;
        _pipeline = pipeline;
        _web = web;
        _stopping = stopping;
        Endpoints = endpoints;
        WriteKubeconfig(AdminKubeconfigPath, AdminEndpoint, new UserInfo("fabric:admin", [UserInfo.Administrators]));
        WriteKubeconfig(AgentKubeconfigPath, AgentEndpoint, new UserInfo("fabric:agent", [UserInfo.Agents]));
    }

    /// <summary>Where the server listens, ports resolved.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; }

    /// <summary><c>kubeconfig</c> in the data directory, mode 0600: may do everything. Names the first endpoint.</summary>
    public string AdminKubeconfigPath => _directory.File("kubeconfig");

    /// <summary><c>agent.kubeconfig</c> in the data directory, mode 0600: may do what a node's agent needs. Names the first endpoint that is not loopback, if there is one.</summary>
    public string AgentKubeconfigPath => _directory.File("agent.kubeconfig");

    private IPEndPoint AdminEndpoint => Endpoints[0];

    private IPEndPoint AgentEndpoint => Endpoints.FirstOrDefault(e => !IPAddress.IsLoopback(e.Address) && !IsAny(e.Address)) ?? Endpoints[0];

    /// <summary>Opens the data directory and serves until disposed.</summary>
    /// <param name="cancellationToken">Gives up starting; it has no effect later.</param>
    /// <exception cref="StoreException">The data directory is in use, corrupted, or of a newer version.</exception>
    /// <exception cref="FormatException">A CRD file cannot be used.</exception>
    /// <exception cref="IOException">An endpoint cannot be listened on.</exception>
    public static async Task<ApiServerHost> StartAsync(ApiServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Listen.Count == 0) throw new ArgumentException("at least one endpoint to listen on is needed", nameof(options));
        var catalog = ResourceCatalog.Load(options.CrdDirectories);
        await using var undo = new UndoStack();
        var directory = undo.Add(DataDirectory.Open(options.DataDirectory));
        var logger = options.LoggerFactory.CreateLogger<ApiServerHost>();
        var store = undo.Add(ObjectStore.Open(directory.File("objects.db"), options.HistoryPerResource, logger));
        await PermanentNamespaces.EnsureAsync(store, catalog, options.TimeProvider, cancellationToken);
        var upkeep = undo.Add(new UpkeepService(store, catalog, options.TimeProvider, logger));
        var certificates = undo.Add(new CertificateStore(directory, CertificateNames.Of(options), options.TimeProvider));
        var tokens = new TokenStore(directory.File("tokens.json"));
        var stopping = undo.Add(new CancellationTokenSource());
        var pipeline = undo.Add(RequestPipeline.Create(options, catalog, store, tokens, stopping.Token));
        var web = undo.Add(WebHost.Build(options, certificates, pipeline));
        await web.StartAsync(cancellationToken);
        var host = new ApiServerHost(directory, store, upkeep, certificates, tokens, pipeline, web, stopping, WebHost.Endpoints(web));
        undo.Keep();
        logger.LogInformation("Serving {Kinds} kinds at {Endpoints}", catalog.All.Length, string.Join(", ", host.Endpoints));
        return host;
    }

    /// <summary>Makes a kubeconfig with a new token; only the token's hash is kept here.</summary>
    /// <param name="user">Name for messages and logs.</param>
    /// <param name="groups">What the user may do: <c>system:masters</c> everything, <c>fabric:agents</c> what a node's agent needs, <c>fabric:servers</c> what the control plane does.</param>
    /// <param name="endpoint">The address the client is to use; null for the first.</param>
    /// <returns>YAML. It holds the token: keep it in a file of mode 0600.</returns>
    public string CreateKubeconfig(string user, IEnumerable<string> groups, IPEndPoint? endpoint = null)
    {
        var token = _tokens.Create(new UserInfo(user, [.. groups]));
        return Kubeconfig.Compose(UriOf(endpoint ?? AdminEndpoint), _certificates.AuthorityPem, user, token);
    }

    /// <summary>
    /// Sends requests to this server within the process, as a user: no sockets and no TLS, otherwise as any other client's.
    /// The address in a request's URI does not matter. After the server is disposed, requests fail as if it could not be reached.
    /// </summary>
    /// <param name="user">Name for messages and logs.</param>
    /// <param name="groups">What the user may do, as for <see cref="CreateKubeconfig"/>.</param>
    public HttpMessageHandler CreateHandler(string user, IEnumerable<string> groups) => new InProcessHandler(_pipeline, new UserInfo(user, [.. groups]), _stopping.Token);

    /// <summary>Ends watches, lets requests in flight finish, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _stopping.CancelAsync();
        await _web.StopAsync(CancellationToken.None);
        await _web.DisposeAsync();
        _pipeline.Dispose();
        await _upkeep.DisposeAsync();
        await _store.DisposeAsync();
        _certificates.Dispose();
        _stopping.Dispose();
        _directory.Dispose();
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static Uri UriOf(IPEndPoint endpoint)
    {
        var address = endpoint.Address;
        if (IsAny(address)) address = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        return new Uri($"https://{new IPEndPoint(address, endpoint.Port)}");
    }

    /// <summary>Keeps the token of an earlier start when it still holds, so that copies of the file stay good.</summary>
    private void WriteKubeconfig(string path, IPEndPoint endpoint, UserInfo user)
    {
        var token = Kubeconfig.ReadToken(path);
        if (token is null || _tokens.Find(token)?.Name != user.Name) token = _tokens.Create(user);
        PrivateFile.Write(path, Kubeconfig.Compose(UriOf(endpoint), _certificates.AuthorityPem, user.Name, token));
    }
}
