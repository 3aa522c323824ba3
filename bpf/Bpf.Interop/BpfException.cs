namespace Bpf.Interop;

/// <summary>The kernel or libbpf refused an eBPF operation.</summary>
public sealed class BpfException : IOException
{
    private const int E2big = 7, Eagain = 11, Enomem = 12, Ebusy = 16;

    /// <param name="operation">What was being done.</param>
    /// <param name="errno">The error number of errno(3), positive; 0 if there was none.</param>
    /// <param name="advice">What is missing, where it is known.</param>
    /// <param name="log">What libbpf and the verifier said.</param>
    /// <param name="inner">The cause within .NET, where there is one.</param>
    public BpfException(string operation, int errno, string? advice = null, string? log = null, Exception? inner = null)
        : base(Text(operation, errno, advice, log), inner)
    {
        Operation = operation;
        Errno = errno;
        Advice = advice;
        Log = log;
    }

    /// <summary>What was being done.</summary>
    public string Operation { get; }

    /// <summary>The error number of errno(3), positive; 0 if there was none.</summary>
    public int Errno { get; }

    /// <summary>What the machine lacks and which package or setting brings it; null where that is not known.</summary>
    public string? Advice { get; }

    /// <summary>libbpf's messages and, for a program that was refused, the whole log of the verifier.</summary>
    public string? Log { get; }

    /// <summary>Whether the same operation may succeed a little later.</summary>
    public bool IsTransient => Errno is Eagain or Enomem or Ebusy;

    /// <summary>Whether a map has no room for another entry.</summary>
    public bool IsFull => Errno is E2big;

    // The log of the verifier runs to thousands of lines; its end says what was wrong.
    private static string Text(string operation, int errno, string? advice, string? log)
    {
        var text = errno == 0 ? operation : $"{operation}: error {errno}";
        if (advice is not null)
            text += $": {advice}";
        if (string.IsNullOrEmpty(log))
            return text;
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return $"{text}: {string.Join("; ", lines.TakeLast(3))}";
    }
}
