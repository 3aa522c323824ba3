using Cni.Protocol;

namespace Cni.Agent.Serving;

/// <summary>A request that cannot be granted, with the code and words the runtime is to see.</summary>
internal sealed class CniFailure(int code, string message, string? details = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>See <see cref="CniErrorCode"/>.</summary>
    internal int Code { get; } = code;

    /// <summary>What to do.</summary>
    internal string? Details { get; } = details;
}
