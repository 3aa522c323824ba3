using System.Security.Cryptography;
using System.Text;
using Fabric.Resources;

namespace Cni.Agent.Requests;

/// <summary>A container that no object of the API stands for: its network's configuration says where its Nic is made.</summary>
/// <param name="Namespace">The namespace of its Nic.</param>
/// <param name="Subnet">The Subnet of its Nic, or null for the namespace's default.</param>
/// <param name="Name">What people call it: the name that its runtime says, or else its id.</param>
/// <param name="Id">What its runtime calls it.</param>
internal sealed record ContainerOwner(string Namespace, string? Subnet, string Name, string Id)
{
    /// <summary>
    /// What tells it from all others. It follows from node and id, so that the same request repeated, by whatever agent, finds
    /// the Nic that it made before.
    /// </summary>
    internal string UidOn(string node) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{node}/{Id}")).AsSpan(0, 16));

    /// <summary>The Nic of its device.</summary>
    internal ObjectKey NicOn(string node, string device) => new(Namespace, NicName.ForContainer(Name, UidOn(node), device));
}
