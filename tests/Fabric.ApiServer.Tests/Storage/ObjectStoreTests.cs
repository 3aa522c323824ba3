using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Fabric.ApiServer.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.ApiServer.Tests.Storage;

public sealed class ObjectStoreTests
{
    [Fact]
    public async Task Everything_acknowledged_is_there_after_kill_9()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("objects.db");
        for (var round = 0; round < 3; round++)
        {
            var acknowledged = await WriteUntilKilledAsync(file, atLeast: 500 * (round + 1));
            await using var store = ObjectStore.Open(file, 100, NullLogger.Instance);
            using var snapshot = store.BeginRead();
            Assert.All(acknowledged, name => Assert.NotNull(snapshot.Get(new ObjectKey("things", "default", name))));
            var versions = snapshot.Scan("things", "default").Select(s => s.Version).ToList();
            Assert.Equal(versions.Count, versions.Distinct().Count());
            Assert.True(versions.Max() <= snapshot.Version);
            File.Delete(file);
            File.Delete(file + "-wal");
            File.Delete(file + "-shm");
        }
    }

    [Fact]
    public async Task A_command_that_throws_undoes_what_it_wrote_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        await using var store = ObjectStore.Open(folder.File("objects.db"), 100, NullLogger.Instance);
        var writes = Enumerable.Range(0, 200).Select(async i =>
        {
            try
            {
                await store.WriteAsync(
                    tx =>
                    {
                        tx.Insert(new ObjectKey("things", "", $"a{i}"), CrashingWriter.Thing($"a{i}"));
                        if (i % 3 == 0) throw new InvalidOperationException("refused");
                        return tx.Insert(new ObjectKey("things", "", $"b{i}"), CrashingWriter.Thing($"b{i}"));
                    },
                    dryRun: false,
                    CancellationToken.None);
                return i % 3 != 0;
            }
            catch (InvalidOperationException)
            {
                return i % 3 == 0;
            }
        });
        Assert.All(await Task.WhenAll(writes), Assert.True);
        using var snapshot = store.BeginRead();
        var names = snapshot.Scan("things", null).Select(s => s.Key.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(Enumerable.Range(0, 200).Where(i => i % 3 != 0).SelectMany(i => new[] { $"a{i}", $"b{i}" }).ToHashSet(StringComparer.Ordinal), names);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_command_sees_what_it_wrote_and_undoes_it_when_it_fails(bool fails)
    {
        using var folder = new TemporaryFolder();
        await using var store = ObjectStore.Open(folder.File("objects.db"), 100, NullLogger.Instance);
        var start = store.Changes.Latest;
        var (a, b) = (new ObjectKey("things", "", "a"), new ObjectKey("things", "", "b"));
        var command = store.WriteAsync(
            tx =>
            {
                var first = tx.Insert(a, CrashingWriter.Thing("a"));
                Assert.Equal(first.Version, tx.Get(a)!.Version);
                tx.Insert(b, CrashingWriter.Thing("b"));
                Assert.Equal(["a", "b"], tx.Scan("things", null).Select(s => s.Key.Name));
                tx.Remove(first, first.Parse());
                Assert.Null(tx.GetByUid(first.Uid));
                return fails ? throw new InvalidOperationException("refused") : first;
            },
            dryRun: false,
            CancellationToken.None);
        if (fails) await Assert.ThrowsAsync<InvalidOperationException>(() => command);
        else await command;
        Assert.Null(store.Get(a));
        Assert.Equal(fails, store.Get(b) is null);
        Assert.Equal(start + (fails ? 0 : 3), store.Changes.Latest);
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_uses_no_version()
    {
        using var folder = new TemporaryFolder();
        await using var store = ObjectStore.Open(folder.File("objects.db"), 100, NullLogger.Instance);
        var before = store.Changes.Latest;
        await store.WriteAsync(tx => tx.Insert(new ObjectKey("things", "", "a"), CrashingWriter.Thing("a")), dryRun: true, CancellationToken.None);
        Assert.Equal(before, store.Changes.Latest);
        using var snapshot = store.BeginRead();
        Assert.Empty(snapshot.Scan("things", null));
    }

    [Fact]
    public void A_second_server_on_the_same_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var first = DataDirectory.Open(folder.Path);
        Assert.Contains("in use", Assert.Throws<StoreException>(() => DataDirectory.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_the_first_version_is_brought_up_to_date()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("objects.db");
        await using (var store = ObjectStore.Open(file, 100, NullLogger.Instance))
            await store.WriteAsync(tx => tx.Insert(new ObjectKey("things", "default", "a"), CrashingWriter.Thing("a")), dryRun: false, CancellationToken.None);
        Execute(file, "CREATE INDEX objects_by_namespace ON objects(namespace) WHERE namespace <> ''; PRAGMA user_version=1");
        await using (var store = ObjectStore.Open(file, 100, NullLogger.Instance))
        {
            Assert.NotNull(store.Get(new ObjectKey("things", "default", "a")));
            Assert.Equal(["a"], await store.WriteAsync(tx => tx.KeysInNamespace("default").Select(k => k.Name).ToList(), dryRun: false, CancellationToken.None));
            Assert.False(await store.WriteAsync(tx => tx.AnyInNamespace("other"), dryRun: false, CancellationToken.None));
        }

        Assert.Equal(2L, Scalar(file, "PRAGMA user_version"));
        Assert.Equal(0L, Scalar(file, "SELECT count(*) FROM sqlite_schema WHERE name='objects_by_namespace'"));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("objects.db");
        await ObjectStore.Open(file, 100, NullLogger.Instance).DisposeAsync();
        Execute(file, "PRAGMA user_version=99");
        Assert.Contains("newer Fabric (schema 99", Assert.Throws<StoreException>(() => ObjectStore.Open(file, 100, NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_programs_database_is_refused()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("objects.db");
        Execute(file, "CREATE TABLE theirs(a)");
        Assert.Contains("not one of Fabric's", Assert.Throws<StoreException>(() => ObjectStore.Open(file, 100, NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public async Task A_damaged_file_is_refused_with_what_to_do(int at)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("objects.db");
        await using (var store = ObjectStore.Open(file, 100, NullLogger.Instance))
        {
            for (var i = 0; i < 100; i++)
                await store.WriteAsync(tx => tx.Insert(new ObjectKey("things", "", $"a{i}"), CrashingWriter.Thing($"a{i}")), dryRun: false, CancellationToken.None);
        }

        await using (var stream = File.OpenWrite(file))
        {
            stream.Position = at;
            stream.Write(new byte[8000].Select((_, i) => (byte)(i * 7)).ToArray());
        }

        Assert.Contains("Restore it from a copy", Assert.Throws<StoreException>(() => ObjectStore.Open(file, 100, NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    private static void Execute(string file, string sql)
    {
        SqliteLibrary.EnsureLoaded();
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>Only whole lines count: the last may be cut off by the kill.</summary>
    private static async Task<List<string>> WriteUntilKilledAsync(string file, int atLeast)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        start.ArgumentList.Add(CrashingWriter.Argument);
        start.ArgumentList.Add(file);
        using var process = Process.Start(start)!;
        var names = new List<string>();
        while (names.Count < atLeast)
            names.Add(await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("the writer ended"));
        process.Kill();
        var rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, process.ExitCode);
        names.AddRange(rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(names.Count >= atLeast, names.Count.ToString(CultureInfo.InvariantCulture));
        return names;
    }
}
