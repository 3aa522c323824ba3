using System.Text;

namespace Fabric.Cli.Tests.Testing;

/// <summary>Output that a test can read while a command still writes it.</summary>
internal sealed class GrowingText : TextWriter
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly StringBuilder _text = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _grew = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GrowingText() => NewLine = "\n";

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        TaskCompletionSource grew;
        lock (_lock)
        {
            _text.Append(value);
            (grew, _grew) = (_grew, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        grew.SetResult();
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    /// <summary>Waits until the text is as wanted.</summary>
    public async Task<string> UntilAsync(Predicate<string> wanted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        while (true)
        {
            string text;
            Task grew;
            lock (_lock)
                (text, grew) = (_text.ToString(), _grew.Task);
            if (wanted(text))
                return text;
            try
            {
                await grew.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"it did not come about in time; so far:\n{text}");
            }
        }
    }
}
