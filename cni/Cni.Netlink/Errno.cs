namespace Cni.Netlink;

/// <summary>
/// The error numbers that a caller of rtnetlink tells apart; any other number is carried as it is. The values are
/// Linux's own, errno(3), the same on x86-64 and arm64.
/// </summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>EPERM: the process lacks the capability, CAP_NET_ADMIN in the namespace's owner.</summary>
    NotPermitted = 1,

    /// <summary>ENOENT: no such qdisc, filter, file.</summary>
    NoEntry = 2,

    /// <summary>ESRCH: no such route.</summary>
    NoSuchRoute = 3,

    /// <summary>EINTR: a signal came first.</summary>
    Interrupted = 4,

    /// <summary>EAGAIN: nothing arrived in time.</summary>
    TryAgain = 11,

    /// <summary>ENOMEM: the kernel had no memory at that moment.</summary>
    NoMemory = 12,

    /// <summary>EBUSY: the device is in use.</summary>
    Busy = 16,

    /// <summary>EEXIST: a thing of that name or key is there already.</summary>
    Exists = 17,

    /// <summary>ENODEV: no such link.</summary>
    NoDevice = 19,

    /// <summary>EINVAL: the kernel refuses the request; the extended acknowledgement says why.</summary>
    Invalid = 22,

    /// <summary>EMSGSIZE: an answer did not fit the receive buffer.</summary>
    MessageSize = 90,

    /// <summary>EOPNOTSUPP: this kernel lacks the feature.</summary>
    NotSupported = 95,

    /// <summary>EADDRNOTAVAIL: no such address on the link.</summary>
    AddressNotAvailable = 99,

    /// <summary>ENETUNREACH: the gateway is not reachable on the link.</summary>
    NetworkUnreachable = 101,

    /// <summary>ENOBUFS: the socket's buffer is full.</summary>
    NoBuffers = 105,
}
