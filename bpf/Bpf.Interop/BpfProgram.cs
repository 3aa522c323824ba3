using System.Runtime.InteropServices;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A loaded program, ready to be attached.</summary>
public sealed unsafe class BpfProgram : IDisposable
{
    private readonly BpfFileDescriptor _descriptor;

    internal BpfProgram(string name, BpfFileDescriptor descriptor)
    {
        Name = name;
        _descriptor = descriptor;
    }

    /// <summary>The C function's name.</summary>
    public string Name { get; }

    /// <summary>The descriptor, for whoever attaches the program; it belongs to this object.</summary>
    public SafeHandle Descriptor => _descriptor;

    /// <summary>Runs the program once on a frame that goes nowhere (BPF_PROG_TEST_RUN), as if it had come in by a device.</summary>
    /// <param name="frame">The frame, with its Ethernet header.</param>
    /// <param name="linkIndex">The device, in the namespace of the calling thread.</param>
    /// <param name="after">Where what the program made of the frame is written.</param>
    /// <returns>The program's verdict (TC_ACT_*), and how many bytes the frame has now.</returns>
    /// <exception cref="BpfException">The kernel refuses to run it.</exception>
    public (int Verdict, int Length) TestRun(ReadOnlySpan<byte> frame, int linkIndex, Span<byte> after)
    {
        // struct __sk_buff: everything but the device must be zero.
        const int ContextBytes = 192;
        const int IfindexOffset = 40;
        var context = stackalloc byte[ContextBytes];
        new Span<byte>(context, ContextBytes).Clear();
        *(uint*)(context + IfindexOffset) = (uint)linkIndex;
        fixed (byte* data = frame, output = after)
        {
            var options = new LibBpf.bpf_test_run_opts
            {
                sz = (nuint)sizeof(LibBpf.bpf_test_run_opts),
                data_in = data,
                data_size_in = (uint)frame.Length,
                data_out = output,
                data_size_out = (uint)after.Length,
                ctx_in = context,
                ctx_size_in = ContextBytes,
                repeat = 1,
            };
            var result = LibBpf.bpf_prog_test_run_opts(_descriptor, &options);
            return result >= 0 ? ((int)options.retval, (int)options.data_size_out) : throw new BpfException($"run program {Name}", -result);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
