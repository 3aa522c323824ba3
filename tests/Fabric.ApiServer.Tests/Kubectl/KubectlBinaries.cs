using System.Diagnostics;

namespace Fabric.ApiServer.Tests.Kubectl;

/// <summary>The kubectl programs to test with: the one on PATH, and Debian 12's, which is old.</summary>
internal static class KubectlBinaries
{
    private static readonly Lazy<string?> DebianBinary = new(FindDebian);

    public static string? OnPath { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "kubectl")).FirstOrDefault(File.Exists);

    public static string? Debian => DebianBinary.Value;

    /// <summary>Fetches the package once into a folder below the user's cache; it is not installed, since it conflicts with newer ones.</summary>
    private static string? FindDebian()
    {
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "fabric-tests", "kubernetes-client");
        var binary = Path.Combine(cache, "usr", "bin", "kubectl");
        if (File.Exists(binary)) return binary;
        var download = Directory.CreateTempSubdirectory("fabric-kubectl-").FullName;
        try
        {
            if (!Run("apt-get", download, "-q", "download", "kubernetes-client")) return null;
            if (Directory.GetFiles(download, "*.deb") is not [var package] || !Run("dpkg", download, "-x", package, Path.Combine(download, "root"))) return null;
            Directory.CreateDirectory(Path.GetDirectoryName(cache)!);
            if (!Directory.Exists(cache)) Run("cp", download, "-r", Path.Combine(download, "root"), cache);
            return File.Exists(binary) ? binary : null;
        }
        finally
        {
            Directory.Delete(download, recursive: true);
        }
    }

    private static bool Run(string program, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
