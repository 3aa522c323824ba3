namespace Fabric.Server;

/// <summary>The control plane cannot run; the message says what is missing and what to do.</summary>
public sealed class ServerException(string message, Exception? inner = null) : Exception(message, inner);
