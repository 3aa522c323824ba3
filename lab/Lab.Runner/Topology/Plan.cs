using Lab.Runner.State;

namespace Lab.Runner.Topology;

/// <summary>Draws up a lab: its subnet, names and folders.</summary>
internal static class Plan
{
    /// <summary>Decides what a new lab will be called and where it will be; nothing is made.</summary>
    public static LabRecord For(LabFolder folder, int nodes, bool kernelDatapath, int apiPort, string guestFolder, IReadOnlySet<string> takenUnderlays)
    {
        string underlay = Underlay.Choose(folder.Id, takenUnderlays);
        return new LabRecord
        {
            Id = folder.Id.Value,
            Created = TimeProvider.System.GetUtcNow(),
            Underlay = underlay,
            CentralAddress = Underlay.Address(underlay, 1),
            ApiPort = apiPort,
            KernelDatapath = kernelDatapath,
            GuestFolder = guestFolder,
            Nodes =
            [
                .. Enumerable.Range(1, nodes).Select(n => new NodeRecord
                {
                    Name = $"node{n}",
                    Namespace = $"{folder.Id.Prefix}-node{n}",
                    Address = Underlay.Address(underlay, (byte)(10 + n)),
                    Folder = folder.Node($"node{n}"),
                }),
            ],
        };
    }
}
