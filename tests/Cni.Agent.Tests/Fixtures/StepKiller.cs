using System.Diagnostics;
using System.Globalization;
using Cni.Agent.Attaching;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>
/// Ends the agent's process, as a crash would, after the step whose number stands in a file; steps are counted from when the file came.
/// </summary>
internal sealed class StepKiller(string file) : IStepObserver
{
    private readonly Lock _gate = new();
    private int _passed;

    public void Passed(AttachStep step)
    {
        lock (_gate)
        {
            if (Read() is not { } last)
            {
                _passed = 0;
                return;
            }

            if (++_passed == last)
            {
                Console.Error.WriteLine($"killed after {step}, step {_passed}");
                Process.GetCurrentProcess().Kill();
            }
        }
    }

    // The test may take it away at any time.
    private int? Read()
    {
        try
        {
            return int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
