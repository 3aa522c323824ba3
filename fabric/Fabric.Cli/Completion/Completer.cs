using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace Fabric.Cli.Completion;

/// <summary>Finds what may stand at the end of a command line.</summary>
internal sealed class Completer(RootCommand root)
{
    /// <summary>Somebody waits with a finger on the Tab key.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <param name="words">All words after the program's name; the last is the one being typed, and may be empty.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whole words, each with a description or none, that begin as the last word does.</returns>
    public async Task<IReadOnlyList<(string Word, string? Description)>> CompleteAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        if (words.Count == 0)
            return [];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var found = await FindAsync(words, patience.Token);
        return
        [
            .. found.Where(each => each.Word.StartsWith(words[^1], StringComparison.Ordinal))
                .DistinctBy(each => each.Word)
                .OrderBy(each => each.Word, StringComparer.Ordinal),
        ];
    }

    private async Task<IEnumerable<(string Word, string? Description)>> FindAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        Command command = root;
        Option? open = null;
        var positional = new List<string>();
        foreach (var word in words.Take(words.Count - 1))
        {
            if (open is not null)
                open = null;
            else if (word.StartsWith('-'))
                open = word.Contains('=') ? null : OptionsOf(command).FirstOrDefault(option => Answers(option, word) && TakesValue(option));
            else if (positional.Count == 0 && command.Subcommands.FirstOrDefault(sub => sub.Name == word) is { } sub)
                command = sub;
            else
                positional.Add(word);
        }

        // An option that waits for the word in question would make the words before it unreadable.
        var query = new CompletionQuery(root.Parse([.. words.Take(words.Count - (open is null ? 1 : 2))]), positional, words[^1]);
        if (open is not null)
            return await ValuesAsync(open, query, cancellationToken);
        if (query.Word.StartsWith('-'))
            return await OptionWordsAsync(command, query, cancellationToken);
        if (positional.Count == 0 && command.Subcommands.Count > 0)
            return command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, FirstLine(sub.Description)));
        // The last argument takes all that are left.
        var place = Math.Min(positional.Count, command.Arguments.Count - 1);
        return place < 0 ? [] : await ValuesAsync(command.Arguments[place], query, cancellationToken);
    }

    private static async Task<IEnumerable<(string, string?)>> OptionWordsAsync(Command command, CompletionQuery query, CancellationToken cancellationToken)
    {
        var equals = query.Word.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return OptionsOf(command).Where(option => !option.Hidden).Select(option => (option.Name, FirstLine(option.Description)));
        var name = query.Word[..equals];
        if (OptionsOf(command).FirstOrDefault(option => Answers(option, name)) is not { } open)
            return [];
        var values = await ValuesAsync(open, query with { Word = query.Word[(equals + 1)..] }, cancellationToken);
        return values.Select(value => ($"{name}={value.Word}", value.Description));
    }

    private static async Task<IEnumerable<(string Word, string? Description)>> ValuesAsync(Symbol symbol, CompletionQuery query, CancellationToken cancellationToken)
    {
        if (CompletionSources.Of(symbol) is { } source)
            return (await source(query, cancellationToken)).Select(word => (word, (string?)null));
        return symbol.GetCompletions(CompletionContext.Empty).Select(item => (item.Label, (string?)null));
    }

    private static IEnumerable<Option> OptionsOf(Command command)
    {
        var above = command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);
        return command.Options.Concat(above).DistinctBy(option => option.Name);
    }

    private static bool Answers(Option option, string word) => option.Name == word || option.Aliases.Contains(word);

    private static bool TakesValue(Option option) => option is not (HelpOption or VersionOption) && option.ValueType != typeof(bool);

    private static string? FirstLine(string? description) => description?.Split('\n')[0].Trim();
}
