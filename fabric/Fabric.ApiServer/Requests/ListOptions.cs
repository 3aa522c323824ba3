using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Selectors;
using Fabric.ApiServer.Watching;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Requests;

/// <summary>The query parameters of lists and watches.</summary>
/// <param name="Limit">0 for no limit.</param>
/// <param name="Version">null when not given; 0 means any.</param>
internal sealed record ListOptions(
    ChangeFilter Filter,
    int Limit,
    string Continue,
    long? Version,
    string VersionMatch,
    bool Watch,
    bool Bookmarks,
    bool? SendInitialEvents,
    TimeSpan? Timeout)
{
    /// <param name="name">For a watch of one object by its path.</param>
    /// <exception cref="StatusException">400 with the parameter's name.</exception>
    public static ListOptions Of(HttpRequest request, ResourceDefinition definition, string? @namespace, string? name = null)
    {
        var query = request.Query;
        try
        {
            var fields = query["fieldSelector"].ToString();
            if (name is not null) fields = fields.Length == 0 ? $"metadata.name={name}" : $"metadata.name={name},{fields}";
            return new ListOptions(
                new ChangeFilter(definition, @namespace, LabelSelector.Parse(query["labelSelector"].ToString()), FieldSelector.Parse(fields, definition.SelectableFields)),
                (int)Math.Min(Number(query["limit"].ToString(), "limit") ?? 0, int.MaxValue - 1),
                query["continue"].ToString(),
                Number(query["resourceVersion"].ToString(), "resourceVersion"),
                query["resourceVersionMatch"].ToString(),
                Flag(query["watch"].ToString()) ?? false,
                Flag(query["allowWatchBookmarks"].ToString()) ?? false,
                Flag(query["sendInitialEvents"].ToString()),
                Number(query["timeoutSeconds"].ToString(), "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : null);
        }
        catch (FormatException e)
        {
            throw StatusException.BadRequest(e.Message);
        }
    }

    private static long? Number(string text, string name)
    {
        if (text.Length == 0) return null;
        return long.TryParse(text, out var number) && number >= 0 ? number : throw new FormatException($"{name}: Invalid value: \"{text}\": must be a number, not negative");
    }

    private static bool? Flag(string text) => text switch
    {
        "" => null,
        "0" or "false" or "False" or "FALSE" => false,
        _ => true,
    };
}
