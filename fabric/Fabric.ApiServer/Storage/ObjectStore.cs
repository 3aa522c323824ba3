using System.Collections.Concurrent;
using System.Threading.Channels;
using Fabric.ApiServer.Upkeep;
using Fabric.ApiServer.Watching;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fabric.ApiServer.Storage;

/// <summary>
/// Every object of the server, in one SQLite file. One writer carries out commands in order and commits those that have
/// queued up meanwhile together, so that they share the disk's sync; readers work beside it on snapshots.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    /// <summary>Commands of one commit. Above the clients that are expected at once, low enough to keep a commit short.</summary>
    private const int LargestBatch = 256;

    /// <summary>Enough for the reads that processors can carry out at once; after a rush of lists the others are closed.</summary>
    private static readonly int MostIdleReaders = 4 + 2 * Environment.ProcessorCount;

    private readonly string _file;
    private readonly StoreConnection _writer;
    private readonly ConcurrentBag<StoreConnection> _idleReaders = [];
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(new BoundedChannelOptions(4 * LargestBatch) { SingleReader = true });
    private readonly ILogger _logger;
    private readonly Task _loop;
    private long _version;
    private int _idle;

    private ObjectStore(string file, StoreConnection writer, int historyPerResource, ILogger logger)
    {
        _file = file;
        _writer = writer;
        _logger = logger;
        _version = writer.Version();
        Changes = new ChangeLog(_version, historyPerResource);
        Fields = new FieldLookup(this);
        // A thread of its own: it spends its time waiting for the disk, and the pool has few threads to lose.
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Committed changes, for watches and reads at an earlier version.</summary>
    public ChangeLog Changes { get; }

    /// <summary>Finds objects by their selectable fields.</summary>
    public FieldLookup Fields { get; }

    /// <summary>What committed writes leave to be looked at.</summary>
    public UpkeepQueue Upkeep { get; } = new();

    /// <param name="historyPerResource">Changes kept for watches, a resource.</param>
    /// <exception cref="StoreException">The file cannot be used.</exception>
    public static ObjectStore Open(string file, int historyPerResource, ILogger logger)
        => new(file, new StoreConnection(StoreSchema.OpenWriter(file)), historyPerResource, logger);

    /// <summary>A consistent view of everything acknowledged so far.</summary>
    public ReadSnapshot BeginRead() => new(TakeReader(), GiveBack);

    /// <summary>One object as of now. It sees everything acknowledged so far, as <see cref="BeginRead"/> does.</summary>
    public StoredObject? Get(ObjectKey key)
    {
        var connection = TakeReader();
        try
        {
            return connection.Get(key);
        }
        finally
        {
            GiveBack(connection);
        }
    }

    /// <summary>Carries out a command and returns when its result is safe on disk.</summary>
    /// <param name="command">Runs alone; what it throws undoes what it wrote and is thrown here.</param>
    /// <param name="dryRun">Undo what it wrote in any case.</param>
    /// <param name="cancellationToken">Gives up waiting for a place in the queue; a command that has one is carried out.</param>
    /// <exception cref="StoreException">The commit failed; nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<WriteTransaction, T> command, bool dryRun, CancellationToken cancellationToken)
    {
        var queued = new Command<T>(command, dryRun);
        try
        {
            await _commands.Writer.WriteAsync(queued, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException("The server is shutting down.", e);
        }

        return await queued.Result;
    }

    public async ValueTask DisposeAsync()
    {
        _commands.Writer.TryComplete();
        await _loop;
        _writer.Dispose();
        Fields.Dispose();
        while (_idleReaders.TryTake(out var reader))
            reader.Dispose();
    }

    private StoreConnection TakeReader()
    {
        if (!_idleReaders.TryTake(out var connection)) return new StoreConnection(StoreSchema.OpenReader(_file));
        Interlocked.Decrement(ref _idle);
        return connection;
    }

    private void GiveBack(StoreConnection connection)
    {
        if (Interlocked.Increment(ref _idle) <= MostIdleReaders)
        {
            _idleReaders.Add(connection);
            return;
        }

        Interlocked.Decrement(ref _idle);
        connection.Dispose();
    }

    private void Run()
    {
        var batch = new List<Command>(LargestBatch);
        while (_commands.Reader.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < LargestBatch && _commands.Reader.TryRead(out var command))
                batch.Add(command);
            Carry(batch);
        }
    }

    private void Carry(List<Command> batch)
    {
        try
        {
            _writer.BeginWrite();
            var transaction = new WriteTransaction(_writer, _version);
            foreach (var command in batch)
                command.Run(transaction);
            if (transaction.Version != _version) _writer.SetVersion(transaction.Version);
            _writer.Commit();
            _version = transaction.Version;
            Changes.Publish(transaction.Changes, _version);
            Upkeep.Add(transaction.Upkeep);
            foreach (var command in batch)
                command.Acknowledge();
        }
        catch (Exception e)
        {
            // The writer must outlive any failure: its callers are told, and the next batch is tried.
            _logger.LogError(e, "A commit of {Count} writes failed", batch.Count);
            RollBack();
            foreach (var command in batch)
                command.Fail(new StoreException($"The write could not be stored: {e.Message}", e));
        }
    }

    private void RollBack()
    {
        try
        {
            _writer.RollBack();
        }
        catch (SqliteException)
        {
            // SQLite has already rolled back by itself, as it does when the disk is full.
        }
    }

    private abstract class Command
    {
        public abstract void Run(WriteTransaction transaction);

        public abstract void Acknowledge();

        public abstract void Fail(Exception exception);
    }

    private sealed class Command<T>(Func<WriteTransaction, T> run, bool dryRun) : Command
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _refusal;

        public Task<T> Result => _completion.Task;

        public override void Run(WriteTransaction transaction)
        {
            transaction.BeginCommand();
            try
            {
                _result = run(transaction);
                if (dryRun) transaction.UndoCommand();
                else transaction.EndCommand();
            }
            catch (Exception e) when (e is not SqliteException)
            {
                // Whatever the command throws is its caller's; the neighbours in the batch go on.
                transaction.UndoCommand();
                _refusal = e;
            }
        }

        public override void Acknowledge()
        {
            if (_refusal is null) _completion.TrySetResult(_result!);
            else _completion.TrySetException(_refusal);
        }

        public override void Fail(Exception exception) => _completion.TrySetException(_refusal ?? exception);
    }
}
