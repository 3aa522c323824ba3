using Microsoft.Win32.SafeHandles;

namespace Cni.Netlink.Interop;

/// <summary>A descriptor that this process owns and closes.</summary>
internal sealed class FileDescriptor() : SafeHandleMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
