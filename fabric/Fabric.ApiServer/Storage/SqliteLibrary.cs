using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fabric.ApiServer.Storage;

/// <summary>
/// Points the SQLite provider at the system's libsqlite3, which the distribution keeps patched; the library that the
/// provider's package carries is older.
/// </summary>
internal static class SqliteLibrary
{
    private static readonly Lazy<bool> Loaded = new(static () =>
    {
        NativeLibrary.SetDllImportResolver(
            typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            static (name, _, _) => name == "e_sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", out var handle) ? handle : 0);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
        return true;
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void EnsureLoaded() => _ = Loaded.Value;
}
