namespace Cni.Netlink;

/// <summary>The kernel refused an rtnetlink request, or could not be asked.</summary>
public sealed class NetlinkException : IOException
{
    /// <param name="operation">What was being done, as in "create veth fb1a2b3c4d".</param>
    /// <param name="errno">The kernel's error number.</param>
    /// <param name="detail">The kernel's extended acknowledgement, or what we know beyond the number.</param>
    public NetlinkException(string operation, Errno errno, string? detail = null)
        : base(Text(operation, errno, detail))
    {
        Operation = operation;
        Errno = errno;
        Detail = detail;
    }

    /// <summary>What was being done.</summary>
    public string Operation { get; }

    /// <summary>The kernel's error number.</summary>
    public Errno Errno { get; }

    /// <summary>The text of the extended acknowledgement (NLMSGERR_ATTR_MSG), where the kernel gave one.</summary>
    public string? Detail { get; }

    /// <summary>Whether the same request may succeed a little later, with nothing changed by the caller.</summary>
    public bool IsTransient => Errno is Errno.Interrupted or Errno.TryAgain or Errno.NoMemory or Errno.Busy or Errno.NoBuffers;

    private static string Text(string operation, Errno errno, string? detail)
    {
        var name = Enum.IsDefined(errno) ? errno.ToString() : "error";
        return detail is null
            ? $"{operation}: {name} ({(int)errno})"
            : $"{operation}: {detail} ({name}, {(int)errno})";
    }
}
