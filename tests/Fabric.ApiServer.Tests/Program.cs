using Fabric.ApiServer.Tests.Storage;

// Started again by the crash test as the writer that is killed; otherwise an ordinary test program.
return args is [CrashingWriter.Argument, var file]
    ? await CrashingWriter.RunAsync(file)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
