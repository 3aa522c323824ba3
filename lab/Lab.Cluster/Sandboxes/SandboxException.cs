namespace Lab.Cluster.Sandboxes;

/// <summary>A container runtime did not do what it was asked; the message is the runtime's own, with CNI's in it.</summary>
public sealed class SandboxException : Exception
{
    /// <summary>Takes over what the runtime said.</summary>
    public SandboxException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
