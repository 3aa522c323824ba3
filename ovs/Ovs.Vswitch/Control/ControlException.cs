namespace Ovs.Vswitch.Control;

/// <summary>A daemon refused a command on its control socket, or gave no answer that can be read.</summary>
public sealed class ControlException(string message) : IOException(message);
