using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Realization;
using Fabric.Resources;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;
using Condition = Fabric.Resources.Condition;

namespace Fabric.Server.Tests;

/// <summary>The whole control plane as <c>fabric server</c> runs it, over a real ovsdb-server with OVN's northbound schema.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-server-").FullName;
    private readonly OvsdbServer _ovsdb;
    private readonly Warnings _warnings = new();
    private readonly LoggerFactory _logs;
    private CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private KubeClient? _client;

    private ControlPlane(OvsdbServer ovsdb)
    {
        _ovsdb = ovsdb;
        _logs = new LoggerFactory([_warnings]);
    }

    public KubeClient Client => _client!;

    public OvsdbServer Ovsdb => _ovsdb;

    /// <summary>What a node's agent is given.</summary>
    public string AgentKubeconfig => Path.Combine(_folder, "data", "agent.kubeconfig");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ControlPlane> StartAsync()
    {
        var plane = new ControlPlane(await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema, "nb"));
        await plane.RunAsync();
        return plane;
    }

    public async Task RunAsync()
    {
        _stop = new CancellationTokenSource();
        _run = ServerHost.RunAsync(
            new ServerOptions
            {
                DataDirectory = Path.Combine(_folder, "data"),
                Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
                OvnNorthbound = $"unix:{_ovsdb.SocketPath}",
                LoggerFactory = _logs,
            },
            _stop.Token);
        var kubeconfig = Path.Combine(_folder, "data", "kubeconfig");
        _client = await EventuallyAsync(async () =>
        {
            if (_run.IsFaulted)
                await _run;
            if (!File.Exists(kubeconfig) || !File.Exists(AgentKubeconfig))
                return null;
            // The port is another one after a restart: until the new files are there the old ones name nobody.
            var connection = KubeConnection.FromFile(kubeconfig);
            if (KubeConnection.FromFile(AgentKubeconfig).Server != connection.Server)
                return null;
            var client = new KubeClient(connection, new KubeClientOptions { Attempts = 1 });
            if (await client.IsReadyAsync(Token))
                return client;
            client.Dispose();
            return null;
        });
    }

    /// <summary>Throws what the control plane ended by, if it ends within the deadline.</summary>
    public Task EndAsync() => _run.WaitAsync(Deadline, Token);

    /// <summary>Stops as SIGTERM does, and shows that stopping is no failure.</summary>
    public async Task StopAsync()
    {
        _client?.Dispose();
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        _stop.Dispose();
    }

    /// <summary>While it is stopped, has an object say what its API would refuse.</summary>
    /// <param name="resource">Plural and group.</param>
    /// <param name="key">The object.</param>
    /// <param name="spec">What it says.</param>
    public void Store(string resource, ObjectKey key, JsonNode spec)
    {
        using var store = new SqliteConnection($"Data Source={Path.Combine(_folder, "data", "objects.db")};Pooling=False");
        store.Open();
        using var read = store.CreateCommand();
        read.CommandText = "SELECT body FROM objects WHERE resource = $resource AND namespace = $namespace AND name = $name";
        Identify(read);
        var body = JsonNode.Parse((byte[])read.ExecuteScalar()!)!;
        body["spec"] = spec;
        using var write = store.CreateCommand();
        write.CommandText = "UPDATE objects SET body = $body WHERE resource = $resource AND namespace = $namespace AND name = $name";
        Identify(write);
        write.Parameters.AddWithValue("$body", JsonSerializer.SerializeToUtf8Bytes(body));
        Assert.Equal(1, write.ExecuteNonQuery());

        void Identify(SqliteCommand command)
        {
            command.Parameters.AddWithValue("$resource", resource);
            command.Parameters.AddWithValue("$namespace", key.Namespace);
            command.Parameters.AddWithValue("$name", key.Name);
        }
    }

    /// <summary>The ports of Nics in OVN: name and address.</summary>
    public async Task<string[]> PortsAsync()
    {
        await using var client = new OvsdbClient(NorthboundRealizer.Options([_ovsdb.Endpoint], NullLogger.Instance));
        await client.WaitConnectedAsync(Token);
        return
        [
            .. client.Snapshot.Table<LogicalSwitchPort>()
                .Where(port => port.Type.Length == 0)
                .Select(port => $"{port.Name} {string.Join(' ', port.Addresses).Split(' ')[1]}")
                .Order(StringComparer.Ordinal),
        ];
    }

    public Task<Nic> ReadyNicAsync(string ns, string name) => EventuallyAsync(async () =>
    {
        var nic = await Client.Resource(ResourceTypes.Nics).GetAsync(new ObjectKey(ns, name), Token);
        return nic?.Status?.Conditions.Find(Condition.Ready) is { IsTrue: true } ? nic : null;
    }, _warnings);

    public Task HoldsAsync(Func<Task<bool>> condition) => EventuallyAsync(async () => await condition() ? this : null, _warnings);

    /// <param name="look">Gives what is waited for, or null while it is not there.</param>
    /// <param name="said">Tells why it may not have come about.</param>
    public static async Task<T> EventuallyAsync<T>(Func<Task<T?>> look, object? said = null)
        where T : class
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
                return found;
            if (TimeProvider.System.GetElapsedTime(since) >= Deadline)
                Assert.Fail($"it did not come about in time\n{said}");
            await Task.Delay(20, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _logs.Dispose();
        await _ovsdb.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What the control plane warned of.</summary>
    private sealed class Warnings : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _said = new();

        public override string ToString() => string.Join('\n', _said.TakeLast(100));

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _said.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
