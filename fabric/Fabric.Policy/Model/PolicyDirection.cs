namespace Fabric.Policy.Model;

/// <summary>The direction in which a connection is opened, seen from the VM or pod.</summary>
public enum PolicyDirection
{
    /// <summary>Towards it.</summary>
    Ingress,

    /// <summary>From it.</summary>
    Egress,
}
