namespace Lab.Runner.State;

/// <summary>A lab cannot be made, found or used. The message is for the person at the terminal: what is wrong and what to do.</summary>
public sealed class LabException : Exception
{
    /// <summary>Describes what is wrong and what to do about it.</summary>
    public LabException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="LabException(string)"/>
    public LabException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
