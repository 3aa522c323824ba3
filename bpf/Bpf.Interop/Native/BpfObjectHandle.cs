using Microsoft.Win32.SafeHandles;

namespace Bpf.Interop.Native;

/// <summary>struct bpf_object *, closed with its programs and maps when the last user has let go.</summary>
internal sealed class BpfObjectHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibBpf.bpf_object__close(handle);
        return true;
    }
}
