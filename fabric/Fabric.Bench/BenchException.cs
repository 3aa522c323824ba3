namespace Fabric.Bench;

/// <summary>A benchmark cannot be carried out; the message says what is missing or what ended, and what to do.</summary>
public sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);
