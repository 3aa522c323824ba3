namespace Cni.Agent.Attaching;

/// <summary>What is done for an attachment, one by one: after each the agent may be gone, and the next one must cope.</summary>
internal enum AttachStep
{
    /// <summary>The journal holds the attachment's new mark.</summary>
    Journalled,

    /// <summary>The journal has forgotten it.</summary>
    Forgotten,

    /// <summary>The Nic's status says what there is of it.</summary>
    Reported,

    /// <summary>The switch has the port.</summary>
    PortMade,

    /// <summary>The port's device is up, silent, and guarded by its program.</summary>
    PortGuarded,

    /// <summary>The switch has the port no more.</summary>
    PortRemoved,

    /// <summary>Both ends of the veth pair are there.</summary>
    VethMade,

    /// <summary>The veth pair is gone.</summary>
    VethRemoved,

    /// <summary>The container's device takes IPv6 as it is to.</summary>
    Ipv6Prepared,

    /// <summary>The node's end has its program, and the maps know the two devices.</summary>
    Joined,

    /// <summary>The maps know a device no more.</summary>
    Parted,

    /// <summary>The endpoint is held to its limits.</summary>
    Limited,

    /// <summary>Its shaper is gone.</summary>
    ShaperRemoved,

    /// <summary>The node's end is up.</summary>
    HostUp,

    /// <summary>The container's device is up.</summary>
    DeviceUp,

    /// <summary>It has an address.</summary>
    Addressed,

    /// <summary>It has a route.</summary>
    Routed,

    /// <summary>OVN lets frames pass.</summary>
    Installed,
}
