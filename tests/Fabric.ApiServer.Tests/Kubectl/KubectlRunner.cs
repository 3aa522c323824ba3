using System.Diagnostics;

namespace Fabric.ApiServer.Tests.Kubectl;

/// <summary>Runs a kubectl against a test server, with a home and cache of its own.</summary>
internal sealed class KubectlRunner(string binary, string kubeconfig, TemporaryFolder home)
{
    /// <summary>Output of a command that must succeed.</summary>
    public async Task<string> Ok(string arguments, string? input = null)
    {
        var (code, output, error) = await RunAsync(arguments, input);
        Assert.True(code == 0, $"kubectl {arguments}: {output}{error}");
        return output;
    }

    /// <summary>Message of a command that must fail.</summary>
    public async Task<string> Fails(string arguments, string? input = null)
    {
        var (code, output, error) = await RunAsync(arguments, input);
        Assert.True(code != 0, $"kubectl {arguments} should have failed: {output}");
        return error;
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(string arguments, string? input)
    {
        using var process = Start(arguments);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"kubectl {arguments} did not end", e);
        }

        return (process.ExitCode, await output, await error);
    }

    public Process Start(string arguments)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec '{binary}' --kubeconfig '{kubeconfig}' {arguments}");
        start.Environment["HOME"] = home.Path;
        start.Environment["KUBE_EDITOR"] = "sed -i s/color:.red/color:\\ green/";
        return Process.Start(start)!;
    }
}
