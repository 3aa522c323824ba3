using System.CommandLine;
using Fabric.Cli.Applying;

namespace Fabric.Cli.Commands.Objects;

/// <summary><c>fabric apply</c>: makes objects what manifests say.</summary>
internal static class ApplyCommand
{
    internal static Command Create(Func<Stream> input)
    {
        var dryRun = new Option<string>("--dry-run") { Description = "server: let the server check everything and store nothing", DefaultValueFactory = _ => "none", HelpName = "none|server" };
        dryRun.AcceptOnlyFromAmong("none", "server");
        var force = new Option<bool>("--force-conflicts") { Description = "Take over fields that something else manages" };
        var validate = new Option<string>("--validate") { Description = "What to do about fields that a kind does not have: strict refuses, warn leaves them out and says so, ignore leaves them out", DefaultValueFactory = _ => "warn", HelpName = "strict|warn|ignore" };
        validate.AcceptOnlyFromAmong("strict", "warn", "ignore");
        var command = new Command("apply", """
            Create objects, or change them to what manifests say (server-side apply, field manager fabric-cli).
            Every document is tried; the exit code is 1 when one of them was refused.

            Examples:
              fabric apply -f subnet.yaml
              fabric apply -f deploy/samples
              fabric apply -f net.yaml --dry-run server --validate strict
              cat net.yaml | fabric apply -n team -f -
            """)
        {
            dryRun, force, validate,
        };
        var manifests = new ManifestOptions(command, required: true, input);
        var connection = new ConnectionOptions(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var read = manifests.Read(parse);
            using var session = connection.Open(parse);
            var options = new ApplyOptions(parse.GetValue(dryRun) == "server", parse.GetValue(force), Validation(parse.GetValue(validate)!));
            var failed = await new Applier(session, options).RunAsync(read, cancellationToken);
            if (failed > 0 && read.Count > 1)
                await session.Error.WriteLineAsync($"error: {failed} of {read.Count} documents were not applied");
            return failed > 0 ? 1 : 0;
        });
        return command;
    }

    /// <summary>The API's word.</summary>
    private static string Validation(string option) => option switch
    {
        "strict" => "Strict",
        "ignore" => "Ignore",
        _ => "Warn",
    };
}
