namespace Lab.Tests;

/// <summary>Where the repository and what was built from it are.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    internal static string Fabric => Built("artifacts/bin/fabric");

    internal static string Cni => Built("artifacts/bin/fabric-cni");

    internal static string GuestCache => Path.Combine(Root, "artifacts", "guest");

    internal static string FetchedKubectl => Path.Combine(Root, "artifacts", "kubectl", "usr", "bin", "kubectl");

    internal static string Samples => Path.Combine(Root, "deploy", "samples");

    /// <summary>KubeVirt's published examples, which users hand us: beside the repository, or where the variable says.</summary>
    internal static string? KubeVirtExamples
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("FABRIC_KUBEVIRT_EXAMPLES")
                ?? Path.Combine(Path.GetDirectoryName(Root)!, "shared", "data", "kubevirt-examples");
            return Directory.Exists(folder) ? folder : null;
        }
    }

    private static string Built(string path)
    {
        var full = Path.Combine(Root, path);
        return File.Exists(full) ? full : throw new FileNotFoundException($"{path} is not built: run deploy/build.sh");
    }

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Fabric.sln"))
            ? folder
            : Find(Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new DirectoryNotFoundException("Fabric.sln"));
}
