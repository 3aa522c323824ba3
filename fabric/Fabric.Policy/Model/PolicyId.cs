using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>The kinds of object that say what may pass.</summary>
public enum PolicyKind
{
    /// <summary>A SecurityGroup.</summary>
    SecurityGroup,

    /// <summary>A Kubernetes NetworkPolicy.</summary>
    NetworkPolicy,
}

/// <summary>The object that a rule stands in.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its namespace and name.</param>
public readonly record struct PolicyId(PolicyKind Kind, ObjectKey Key)
{
    /// <summary><c>Kind namespace/name</c>, as people are told it.</summary>
    public override string ToString() => $"{Kind} {Key}";
}
