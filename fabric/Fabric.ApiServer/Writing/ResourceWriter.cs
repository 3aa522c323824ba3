using System.Text.Json.Nodes;
using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Patching;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Schema;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Upkeep;

namespace Fabric.ApiServer.Writing;

/// <summary>Creates and changes objects, by the rules that hold for every kind.</summary>
internal sealed class ResourceWriter(ObjectStore store, ResourceCatalog catalog, AdmissionChain admission, TimeProvider clock)
{
    private const int GenerateAttempts = 8;

    private readonly ResourceDefinition _namespaces = catalog.ByName(NamespaceRules.Resource)
        ?? throw new ArgumentException("the catalog has no namespaces", nameof(catalog));

    public Task<WriteResult> CreateAsync(WriteRequest request, JsonObject body, CancellationToken cancellationToken)
    {
        ObjectNormalizer.CheckIdentity(request, body);
        var generate = PrepareNew(request, body);
        var warnings = new List<string>();
        ObjectNormalizer.Normalize(request.Definition, body, request.Options.Validation, warnings);
        ManagedFields.OnCreate(body);
        return store.WriteAsync(tx => Create(tx, request, body, generate, warnings), request.Options.DryRun, cancellationToken);
    }

    /// <summary>Replaces an object by what a client sends.</summary>
    public Task<WriteResult> UpdateAsync(WriteRequest request, JsonObject body, CancellationToken cancellationToken)
    {
        ObjectNormalizer.CheckIdentity(request, body);
        return store.WriteAsync(
            tx =>
            {
                if (request.Definition.Traits.CreateOnUpdate && request.Subresource is null && tx.Get(KeyOf(request)) is null)
                {
                    var generate = PrepareNew(request, body);
                    var warnings = new List<string>();
                    ObjectNormalizer.Normalize(request.Definition, body, request.Options.Validation, warnings);
                    return Create(tx, request, body, generate, warnings);
                }

                return Change(tx, request, _ => body, isReplacement: true);
            },
            request.Options.DryRun,
            cancellationToken);
    }

    /// <summary>Changes the object as it is when the write's turn comes; a patch therefore conflicts only if it names a version.</summary>
    public Task<WriteResult> PatchAsync(WriteRequest request, ObjectChange change, CancellationToken cancellationToken)
        => store.WriteAsync(tx => Change(tx, request, change, isReplacement: false), request.Options.DryRun, cancellationToken);

    /// <summary>Server-side apply: creates the object or takes over the fields that the configuration names.</summary>
    public Task<WriteResult> ApplyAsync(WriteRequest request, JsonObject configuration, CancellationToken cancellationToken)
    {
        ObjectNormalizer.CheckIdentity(request, configuration);
        var unknown = new List<string>();
        ObjectNormalizer.Prune(request.Definition, configuration, request.Options.Validation, unknown);
        var apply = new ServerSideApply(request.Definition, request.Options, request.Subresource, clock);
        return store.WriteAsync(
            tx =>
            {
                var warnings = new List<string>(unknown);
                if (tx.Get(KeyOf(request)) is not null) return Change(tx, request, stored => apply.Merge(stored.Parse(), configuration), isReplacement: false, isApply: true, warnings);
                if (request.Subresource is not null) throw StatusException.NotFound(request.Definition, request.Name);
                var created = apply.Merge(null, configuration);
                PrepareNew(request, created);
                ObjectNormalizer.Normalize(request.Definition, created, request.Options.Validation, warnings);
                return Create(tx, request, created, generateName: null, warnings);
            },
            request.Options.DryRun,
            cancellationToken);
    }

    private static ObjectKey KeyOf(WriteRequest request) => new(request.Definition.QualifiedName, request.Namespace, request.Name);

    /// <summary>Sets what the server decides of a new object.</summary>
    /// <returns>The base of a generated name, or null.</returns>
    private string? PrepareNew(WriteRequest request, JsonObject body)
    {
        var metadata = ObjectMetadata.Of(body);
        if (metadata.ResourceVersion is { Length: > 0 } and not "0") throw StatusException.BadRequest("resourceVersion should not be set on objects to be created");
        string? generate = null;
        if (metadata.Name is null or "")
        {
            generate = metadata.GenerateName;
            if (generate is { Length: > 0 }) metadata.Name = NameGenerator.Generate(generate);
        }

        metadata.Json.Remove("deletionTimestamp");
        metadata.Json.Remove("deletionGracePeriodSeconds");
        metadata.Json.Remove("generation");
        // Of version 7, which begin with the time (RFC 9562 §5.7): new ones stand together in the store's index of uids.
        metadata.Uid = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        metadata.SetTime("creationTimestamp", clock.GetUtcNow());
        if (request.Definition.Traits.HasGeneration) metadata.Generation = 1;
        if (request.Definition.HasStatus) body.Remove("status");
        if (request.Definition.QualifiedName == NamespaceRules.Resource) NamespaceRules.PrepareNew(body);
        return generate;
    }

    private WriteResult Create(WriteTransaction tx, WriteRequest request, JsonObject body, string? generateName, List<string> warnings)
    {
        var definition = request.Definition;
        var metadata = ObjectMetadata.Of(body);
        if (definition.Namespaced) NamespaceRules.CheckOpen(tx, definition, _namespaces, request.Namespace, metadata.Name!);
        var key = new ObjectKey(definition.QualifiedName, request.Namespace, metadata.Name!);
        for (var attempt = 1; tx.Get(key) is not null; attempt++)
        {
            if (generateName is null || attempt == GenerateAttempts) throw StatusException.AlreadyExists(definition, key.Name);
            metadata.Name = NameGenerator.Generate(generateName);
            key = key with { Name = metadata.Name };
        }

        warnings.AddRange(admission.Review(definition, AdmissionOperation.Create, null, key, body, null, tx, request.User, request.Options.DryRun));
        return new WriteResult(tx.Insert(key, body), Created: true, warnings);
    }

    private WriteResult Change(WriteTransaction tx, WriteRequest request, ObjectChange change, bool isReplacement, bool isApply = false, List<string>? warnings = null)
    {
        var definition = request.Definition;
        var stored = tx.Get(KeyOf(request)) ?? throw StatusException.NotFound(definition, request.Name);
        var old = stored.Parse();
        var sent = change(stored);
        if (!isReplacement) ObjectNormalizer.CheckIdentity(request, sent);
        UpdateRules.CheckPreconditions(definition, stored, sent, isReplacement);
        var next = UpdateRules.KeepWhatIsNotWritten(definition, request.Subresource, stored, old, sent);
        warnings ??= [];
        if (request.Subresource == "status") ObjectNormalizer.NormalizeStatus(definition, next, request.Options.Validation, warnings);
        else ObjectNormalizer.Normalize(definition, next, request.Options.Validation, warnings);
        if (ImmutableFields.Check(definition.Schema, old, next) is { Count: > 0 } changed) throw StatusException.Invalid(definition, stored.Key.Name, changed);
        UpdateRules.CheckFinalizers(definition, old, next);
        if (!isApply) ManagedFields.OnUpdate(definition, old, next, request.Options.FieldManager, request.Subresource, clock.GetUtcNow());
        if (request.Subresource is null) UpdateRules.CountGeneration(definition, old, next);
        if (UpdateRules.IsSame(old, next)) return new WriteResult(stored, Created: false, warnings);
        warnings.AddRange(admission.Review(definition, AdmissionOperation.Update, request.Subresource, stored.Key, next, old, tx, request.User, request.Options.DryRun));
        if (definition.QualifiedName == NamespaceRules.Resource && ObjectMetadata.Of(next).IsBeingDeleted) tx.AddUpkeep(UpkeepTask.Namespace(request.Name));
        var written = DeletionRules.IsComplete(definition, next) ? tx.Remove(stored, next) : tx.Replace(stored, next);
        return new WriteResult(written, Created: false, warnings);
    }
}
