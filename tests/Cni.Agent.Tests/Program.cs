using Cni.Agent.Tests.Fixtures;

// The tests run in a network namespace of their own, with an agent in a process of its own: so an address on loopback
// harms nobody, and the agent can be killed.
return args switch
{
    [AgentProcess.Mode, .. var options] => await AgentProcess.ServeAsync(options),
    _ when Environment.IsPrivilegedProcess && !OwnNetns.IsInside => OwnNetns.RunAgain(args),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
