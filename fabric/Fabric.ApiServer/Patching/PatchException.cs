namespace Fabric.ApiServer.Patching;

/// <summary>A patch that is malformed or does not fit the object.</summary>
/// <param name="isMalformed">The patch itself is wrong (400); otherwise it cannot be applied to this object (422).</param>
internal sealed class PatchException(string message, bool isMalformed) : Exception(message)
{
    public bool IsMalformed { get; } = isMalformed;
}
