using System.Runtime.InteropServices;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>Which libbpf this machine has.</summary>
public static class LibBpfVersion
{
    /// <summary>As the library calls itself, such as <c>1.1</c>; null when it is not installed.</summary>
    public static string? Read()
    {
        try
        {
            return Marshal.PtrToStringUTF8(LibBpf.libbpf_version_string())?.TrimStart('v');
        }
        catch (DllNotFoundException)
        {
            return null;
        }
    }
}
