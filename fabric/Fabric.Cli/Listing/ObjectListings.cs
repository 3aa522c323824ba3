using Fabric.Cli.Api;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Listing;

/// <summary>Shows the objects of several kinds one after the other; what cannot be shown is said and does not stop the rest.</summary>
internal sealed class ObjectListings(ApiSession session, IReadOnlyList<Target> targets, Selection selection, ListingOptions options)
{
    private bool _failed;
    private int _tables;

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(bool watch, CancellationToken cancellationToken)
    {
        if (options.Form is ListingForm.Table or ListingForm.Wide)
            await ShowTablesAsync(watch, cancellationToken);
        else
            await ShowObjectsAsync(watch, cancellationToken);
        return _failed ? 1 : 0;
    }

    private async Task ShowTablesAsync(bool watch, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var target in targets)
        {
            var listing = new TableListing(session, target.Kind, options);
            if (target.Names.Count == 0)
                await TryAsync(async () => count += await listing.ShowAsync(selection, Separate, cancellationToken));
            var first = true;
            foreach (var name in target.Names)
            {
                count++;
                await TryAsync(() => listing.ShowAsync(session.Namespace, name, first ? Separate : () => { }, cancellationToken));
                first = false;
            }

            if (watch && !_failed)
                await listing.FollowAsync(target.Names is [var only] ? selection.Named(only) : selection, cancellationToken);
        }

        if (count == 0 && !_failed)
            await session.Error.WriteLineAsync(Nothing());
    }

    private async Task ShowObjectsAsync(bool watch, CancellationToken cancellationToken)
    {
        var single = targets is [{ Names.Count: 1 }];
        var listing = new ObjectListing(session, options, asList: !single && !watch);
        foreach (var target in targets)
        {
            if (target.Names.Count == 0)
                await TryAsync(() => listing.ShowAsync(target.Kind, selection, cancellationToken));
            foreach (var name in target.Names)
                await TryAsync(() => listing.ShowAsync(target.Kind, session.Namespace, name, cancellationToken));
            if (watch && !_failed)
                await listing.FollowAsync(target.Kind, target.Names is [var only] ? selection.Named(only) : selection, cancellationToken);
        }

        listing.End();
    }

    private async Task TryAsync(Func<Task> show)
    {
        try
        {
            await show();
        }
        catch (KubeException e) when (e.Code is not null)
        {
            _failed = true;
            await session.Error.WriteLineAsync(Failures.Describe(e));
        }
    }

    /// <summary>A blank line between tables.</summary>
    private void Separate()
    {
        if (_tables++ > 0)
            session.Output.WriteLine();
    }

    private string Nothing() => selection.Namespace is { } space && targets.All(target => target.Kind.Namespaced)
        ? $"No resources found in {space} namespace."
        : "No resources found.";
}
