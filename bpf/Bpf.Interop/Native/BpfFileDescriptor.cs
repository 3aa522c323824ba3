using Microsoft.Win32.SafeHandles;

namespace Bpf.Interop.Native;

/// <summary>A descriptor of a program or map: of its own, or one that belongs to an object which stays open for as long as this is held.</summary>
internal sealed class BpfFileDescriptor : SafeHandleMinusOneIsInvalid
{
    private readonly BpfObjectHandle? _owner;

    public BpfFileDescriptor(BpfObjectHandle owner, int descriptor) : base(ownsHandle: true)
    {
        _owner = owner;
        var added = false;
        owner.DangerousAddRef(ref added);
        SetHandle(descriptor);
    }

    public BpfFileDescriptor(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    protected override bool ReleaseHandle()
    {
        if (_owner is null)
            return LibC.close((int)handle) == 0;
        _owner.DangerousRelease();
        return true;
    }
}
