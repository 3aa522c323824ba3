using Fabric.Cli.Terminal;

namespace Fabric.Cli.Api;

/// <summary>What a command is about: objects of a kind by name, or all of them when no name is given.</summary>
internal sealed record Target(ApiKind Kind, IReadOnlyList<string> Names)
{
    /// <summary>Reads words as kubectl does: <c>KIND[,KIND...] [NAME...]</c>, or <c>KIND/NAME ...</c>.</summary>
    /// <exception cref="CommandFailure">The words do not go together, or a kind is not known.</exception>
    public static async Task<IReadOnlyList<Target>> ResolveAsync(IReadOnlyList<string> words, ApiKinds kinds, CancellationToken cancellationToken)
    {
        if (words.Count == 0)
            throw new CommandFailure("name what it is about: a kind, such as subnets, and names of objects if only some are meant");
        var slashed = words.Count(word => word.Contains('/', StringComparison.Ordinal));
        if (slashed == 0)
            return await OfKindsAsync(words[0], [.. words.Skip(1).Distinct(StringComparer.Ordinal).Select(name => ApiName.Require(name, "name"))], kinds, cancellationToken);
        if (slashed != words.Count)
            throw new CommandFailure("write either KIND NAME... or KIND/NAME..., not both at once");
        return await OfPairsAsync(words, kinds, cancellationToken);
    }

    private static async Task<IReadOnlyList<Target>> OfKindsAsync(string list, IReadOnlyList<string> names, ApiKinds kinds, CancellationToken cancellationToken)
    {
        var targets = new List<Target>();
        foreach (var word in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            foreach (var kind in await kinds.FindAsync(word, cancellationToken))
            {
                if (targets.All(target => target.Kind != kind))
                    targets.Add(new Target(kind, names));
            }
        }

        return targets.Count > 0 ? targets : throw new CommandFailure("name a kind, such as subnets");
    }

    private static async Task<IReadOnlyList<Target>> OfPairsAsync(IReadOnlyList<string> words, ApiKinds kinds, CancellationToken cancellationToken)
    {
        var named = new List<(ApiKind Kind, string Name)>();
        foreach (var word in words)
        {
            if (word.Split('/') is not [{ Length: > 0 } kind, { Length: > 0 } name])
                throw new CommandFailure($"\"{word}\": write KIND/NAME, such as subnet/blue");
            if (await kinds.FindAsync(kind, cancellationToken) is not [var only])
                throw new CommandFailure($"\"{word}\": {kind} is a category of kinds; a name needs one kind");
            named.Add((only, ApiName.Require(name, "name")));
        }

        return [.. named.GroupBy(pair => pair.Kind).Select(group => new Target(group.Key, [.. group.Select(pair => pair.Name).Distinct(StringComparer.Ordinal)]))];
    }
}
