namespace Cni.Netlink;

/// <summary>The kernel's rule for the name of a link (dev_valid_name in net/core/dev.c).</summary>
public static class LinkName
{
    /// <summary>The longest name in bytes: IFNAMSIZ without its terminating zero.</summary>
    public const int MaxBytes = 15;

    /// <summary>Whether the kernel accepts the name; only ASCII is accepted here, so that a byte is a character.</summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxBytes || name is "." or "..")
            return false;
        foreach (var c in name)
        {
            if (c is <= ' ' or '/' or ':' or >= (char)0x7f)
                return false;
        }

        return true;
    }
}
