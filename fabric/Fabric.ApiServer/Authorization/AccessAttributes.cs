using Fabric.ApiServer.Authentication;

namespace Fabric.ApiServer.Authorization;

/// <summary>What someone wants to do, as authorization judges it.</summary>
/// <param name="Verb">get, list, watch, create, update, patch, delete or deletecollection.</param>
/// <param name="Namespace">Null at cluster scope.</param>
/// <param name="Name">Null for a collection.</param>
internal sealed record AccessAttributes(UserInfo User, string Verb, string Group, string Resource, string? Subresource, string? Namespace, string? Name)
{
    /// <summary>The sentence of a refusal, in Kubernetes' words.</summary>
    public string Refusal
    {
        get
        {
            var resource = Subresource is null ? Resource : $"{Resource}/{Subresource}";
            var target = Group.Length == 0 ? Resource : $"{Resource}.{Group}";
            var named = Name is null ? target : $"{target} \"{Name}\"";
            var where = Namespace is null ? "at the cluster scope" : $"in the namespace \"{Namespace}\"";
            return $"{named} is forbidden: User \"{User.Name}\" cannot {Verb} resource \"{resource}\" in API group \"{Group}\" {where}";
        }
    }
}
