namespace Lab.Runner.Guest;

/// <summary>What a guest boots.</summary>
/// <param name="Kernel">An uncompressed ELF kernel with a PVH entry.</param>
/// <param name="Initramfs">Its root file system.</param>
public sealed record GuestImage(string Kernel, string Initramfs)
{
    /// <summary>The image in a folder made by <see cref="GuestImageBuilder"/>.</summary>
    public static GuestImage In(string folder) => new(Path.Combine(folder, "vmlinux"), Path.Combine(folder, "initramfs"));
}
