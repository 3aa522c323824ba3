using System.CommandLine;

namespace Fabric.Cli.Commands.Objects;

/// <summary>The words that name kinds and objects.</summary>
internal static class ObjectArguments
{
    public static Argument<string[]> Create(string usage, string description, bool required)
    {
        var words = new Argument<string[]>(usage)
        {
            Description = description,
            HelpName = usage,
            Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
        };
        words.Validators.Add(result =>
        {
            // What looks like an option and is none would else be taken for a name.
            foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-')))
                result.AddError($"unknown option: {token.Value}");
        });
        return words;
    }
}
