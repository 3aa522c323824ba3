namespace Cni.Agent;

/// <summary>The agent cannot run on this node; the message says what is missing and which package brings it.</summary>
public sealed class AgentException(string message, Exception? inner = null) : Exception(message, inner);
