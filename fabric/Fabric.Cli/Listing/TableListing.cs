using Fabric.Cli.Api;
using Fabric.Cli.Output;

namespace Fabric.Cli.Listing;

/// <summary>Shows objects of one kind in the server's columns, first as they are, then, if asked, as they change.</summary>
internal sealed class TableListing(ApiSession session, ApiKind kind, ListingOptions options)
{
    private readonly Dictionary<string, string> _shown = new(StringComparer.Ordinal);
    private IReadOnlyList<ServerColumn> _columns = [];
    private TableText? _text;

    /// <summary>The version of the last page that was shown.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Shows what is selected.</summary>
    /// <param name="before">Called once before the first row, if there is any.</param>
    /// <returns>How many rows there were.</returns>
    public async Task<int> ShowAsync(Selection selection, Action before, CancellationToken cancellationToken)
    {
        var rows = new List<ServerRow>();
        string? next = null;
        do
        {
            var page = ServerTable.Read(await session.GetAsync(selection.PagePath(kind, next), cancellationToken, ServerTable.MediaType));
            Take(page);
            rows.AddRange(page.Rows);
            next = page.Next;
        }
        while (next is not null);
        Print(rows, before);
        return rows.Count;
    }

    /// <summary>Shows one object.</summary>
    public async Task ShowAsync(string @namespace, string name, Action before, CancellationToken cancellationToken)
    {
        var table = ServerTable.Read(await session.GetAsync(kind.ObjectPath(@namespace, name), cancellationToken, ServerTable.MediaType));
        Take(table);
        Print(table.Rows, before);
    }

    /// <summary>Shows every change of what is selected, until cancelled.</summary>
    public async Task FollowAsync(Selection selection, CancellationToken cancellationToken)
    {
        var watch = new ObjectWatch(session, kind, selection, ServerTable.MediaType);
        await foreach (var change in watch.RunAsync(Version, cancellationToken))
        {
            if (change.Object is null)
            {
                // The history is lost: what differs from what was shown is shown.
                var page = ServerTable.Read(await session.GetAsync(selection.PagePath(kind, null), cancellationToken, ServerTable.MediaType));
                Take(page);
                watch.Continue(page.Version);
                Print([.. page.Rows.Where(row => _shown.GetValueOrDefault(row.Uid) != row.Version)], () => { });
                continue;
            }

            var table = ServerTable.Read(change.Object);
            Take(table);
            Print(table.Rows, () => { });
            await session.Output.FlushAsync(cancellationToken);
        }
    }

    private void Take(ServerTable table)
    {
        Version = table.Version;
        if (_columns.Count == 0)
            _columns = table.Columns;
    }

    private void Print(IReadOnlyList<ServerRow> rows, Action before)
    {
        if (rows.Count == 0)
            return;
        before();
        var header = _text is null;
        _text ??= new TableText([
            .. ShowsNamespace ? [new TableColumn("NAMESPACE", false)] : Array.Empty<TableColumn>(),
            .. _columns.Where(IsShown).Select(column => new TableColumn(column.Name, column.IsNumber)),
        ]);
        _text.Write(session.Output, [.. rows.Select(CellsOf)], header && options.Header);
        foreach (var row in rows)
            _shown[row.Uid] = row.Version;
    }

    private bool ShowsNamespace => options.AllNamespaces && kind.Namespaced;

    private bool IsShown(ServerColumn column) => !column.IsWide || options.Form == ListingForm.Wide;

    private IReadOnlyList<string> CellsOf(ServerRow row)
    {
        var cells = new List<string>();
        if (ShowsNamespace)
            cells.Add(row.Namespace);
        for (var i = 0; i < _columns.Count; i++)
        {
            if (IsShown(_columns[i]))
                cells.Add(i == 0 && options.ShowKind ? $"{kind.Label}/{row.Cells[i]}" : row.Cells[i]);
        }

        return cells;
    }
}
