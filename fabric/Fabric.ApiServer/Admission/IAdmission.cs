using System.Text.Json.Nodes;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Admission;

/// <summary>The writes that are put before admission.</summary>
public enum AdmissionOperation
{
    /// <summary>A new object.</summary>
    Create,

    /// <summary>A changed object or status, by PUT, PATCH or apply.</summary>
    Update,

    /// <summary>A deletion that was asked for by a client.</summary>
    Delete,
}

/// <summary>Objects as they are at the moment of the write, the write itself not yet included.</summary>
public interface IObjectView
{
    /// <summary>Reads one object.</summary>
    /// <param name="resource">Plural and group: <c>subnets.fabric.vmnet.io</c>, or <c>pods</c>.</param>
    /// <param name="namespace">Null for a cluster-scoped object.</param>
    /// <returns>A tree of the caller's own, or null.</returns>
    JsonObject? Get(string resource, string? @namespace, string name);

    /// <summary>Reads all objects of a resource, in the order of namespace and name.</summary>
    /// <param name="namespace">Null for all namespaces.</param>
    IEnumerable<JsonObject> List(string resource, string? @namespace = null);

    /// <summary>Reads all objects of a resource, those that have not changed since from an admission's own readings.</summary>
    IReadOnlyList<T> List<T>(string resource, ObjectReadings<T> readings)
        where T : class;
}

/// <summary>A write before it is carried out.</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Resource">Plural and group: <c>subnets.fabric.vmnet.io</c>.</param>
/// <param name="Kind">For example <c>Subnet</c>.</param>
/// <param name="Subresource"><c>status</c>, or null.</param>
/// <param name="Namespace">Null for a cluster-scoped object.</param>
/// <param name="Name">The object's name; generated names are already there.</param>
/// <param name="NewObject">As it is to be stored, pruned, with defaults and valid by its schema. Null on deletion. Must not be changed.</param>
/// <param name="OldObject">As it is stored; null on creation. Must not be changed.</param>
/// <param name="Store">All other objects.</param>
/// <param name="User">Who asks.</param>
/// <param name="DryRun">The write will be undone.</param>
public sealed record AdmissionRequest(
    AdmissionOperation Operation,
    string Resource,
    string Kind,
    string? Subresource,
    string? Namespace,
    string Name,
    JsonObject? NewObject,
    JsonObject? OldObject,
    IObjectView Store,
    UserInfo User,
    bool DryRun);

/// <summary>What admission says of a write.</summary>
/// <param name="Errors">Fields that are refused: the client gets 422 with all of them.</param>
/// <param name="Denial">Why the write is refused as a whole: 403.</param>
/// <param name="Warnings">Sentences that kubectl shows, whether or not the write is done.</param>
public sealed record AdmissionVerdict(IReadOnlyList<FieldError> Errors, string? Denial, IReadOnlyList<string> Warnings)
{
    /// <summary>Nothing against it.</summary>
    public static AdmissionVerdict Allowed { get; } = new([], null, []);

    /// <summary>422, naming fields.</summary>
    public static AdmissionVerdict Invalid(params IReadOnlyList<FieldError> errors) => new(errors, null, []);

    /// <summary>403 with a sentence.</summary>
    public static AdmissionVerdict Denied(string why) => new([], why, []);
}

/// <summary>
/// Rules that no schema expresses: another object overlaps, a gateway lies outside of its prefix. Called inside the write
/// transaction, one write at a time, so what it reads in <see cref="AdmissionRequest.Store"/> still holds when the write is
/// stored. It must be quick and must not wait.
/// </summary>
public interface IAdmission
{
    /// <summary>Plural and group of the resources it wants to see: <c>subnets.fabric.vmnet.io</c>.</summary>
    IReadOnlySet<string> Resources { get; }

    /// <summary>Judges one write.</summary>
    AdmissionVerdict Review(AdmissionRequest request);
}
