namespace Cni.Agent.Observing;

/// <summary>What a request spends its time on, in the order of an ADD.</summary>
internal enum RequestStep
{
    /// <summary>Waiting for others: for an earlier request for the same attachment, and for those who change devices.</summary>
    Turn,

    /// <summary>Finding the pod, and which Nic its device is.</summary>
    Pod,

    /// <summary>Waiting until the Nic has addresses and a port.</summary>
    Nic,

    /// <summary>Writing the journal.</summary>
    Journal,

    /// <summary>Writing the Nic's status.</summary>
    Status,

    /// <summary>Making or removing the veth pair.</summary>
    Veth,

    /// <summary>Having the switch make or remove its port.</summary>
    SwitchPort,

    /// <summary>Joining veth and port by eBPF.</summary>
    Datapath,

    /// <summary>The container's device: up, with its addresses and routes.</summary>
    Container,

    /// <summary>Waiting until OVN has installed the port's flows.</summary>
    Flows,

    /// <summary>All else.</summary>
    Rest,
}
