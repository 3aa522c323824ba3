using System.Text.Json.Nodes;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Schema;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Admission;

/// <summary>Puts a write before everyone who registered for its resource.</summary>
internal sealed class AdmissionChain(IReadOnlyList<IAdmission> admissions)
{
    /// <returns>Warnings for the client.</returns>
    /// <exception cref="StatusException">422 with the fields that anyone refused, or 403.</exception>
    public IReadOnlyList<string> Review(
        ResourceDefinition definition,
        AdmissionOperation operation,
        string? subresource,
        ObjectKey key,
        JsonObject? @object,
        JsonObject? old,
        IObjectReader reader,
        UserInfo user,
        bool dryRun)
    {
        List<string> warnings = [];
        List<FieldError> errors = [];
        AdmissionRequest? request = null;
        foreach (var admission in admissions)
        {
            if (!admission.Resources.Contains(definition.QualifiedName)) continue;
            request ??= new AdmissionRequest(
                operation, definition.QualifiedName, definition.Kind, subresource, key.Namespace.Length == 0 ? null : key.Namespace, key.Name, @object, old, new View(reader), user, dryRun);
            var verdict = admission.Review(request);
            if (verdict.Denial is { } why) throw StatusException.Forbidden(definition, key.Name, why);
            errors.AddRange(verdict.Errors);
            warnings.AddRange(verdict.Warnings);
        }

        return errors.Count == 0 ? warnings : throw StatusException.Invalid(definition, key.Name, errors);
    }

    private sealed class View(IObjectReader reader) : IObjectView
    {
        public JsonObject? Get(string resource, string? @namespace, string name)
            => reader.Get(new ObjectKey(resource, @namespace ?? "", name))?.Parse();

        public IEnumerable<JsonObject> List(string resource, string? @namespace = null)
            => reader.Scan(resource, @namespace).Select(s => s.Parse());

        public IReadOnlyList<T> List<T>(string resource, ObjectReadings<T> readings)
            where T : class => readings.Of(reader.Scan(resource, null));
    }
}
