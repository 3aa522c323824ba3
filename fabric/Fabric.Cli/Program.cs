using Fabric.Cli;
using Fabric.Cli.Terminal;

return await Invocation.RunAsync(CommandTree.Create(Console.OpenStandardInput), args, Console.Out, Console.Error);
