using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Fabric.Cli.Completion;

/// <summary>A word that is being typed.</summary>
/// <param name="Parsed">The words before it, as far as they can be read.</param>
/// <param name="Before">The positional words before it.</param>
/// <param name="Word">What is typed of it so far.</param>
internal sealed record CompletionQuery(ParseResult Parsed, IReadOnlyList<string> Before, string Word);

/// <summary>Gives what may stand in a place.</summary>
internal delegate Task<IEnumerable<string>> CompletionSource(CompletionQuery query, CancellationToken cancellationToken);

/// <summary>
/// Which arguments and options can be completed from the server. System.CommandLine's own sources are also called for help
/// texts, and must not wait; these are called for completion only.
/// </summary>
internal static class CompletionSources
{
    private static readonly ConditionalWeakTable<Symbol, CompletionSource> Sources = [];

    /// <summary>Completes an argument or an option's value from a source.</summary>
    public static void CompleteFrom(this Symbol symbol, CompletionSource source) => Sources.Add(symbol, source);

    /// <returns>Null when the symbol has none.</returns>
    public static CompletionSource? Of(Symbol symbol) => Sources.TryGetValue(symbol, out var source) ? source : null;
}
