using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.OpenApi;

/// <summary>
/// Writes an OpenAPI v2 document as protobuf, the only form in which older kubectl reads it. Field numbers are those of
/// openapi.v2 in gnostic's OpenAPIv2.proto; only what our documents contain is written.
/// </summary>
/// <remarks>https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto</remarks>
internal static class GnosticEncoder
{
    private static readonly (string Method, int Field)[] Methods = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)];

    public static byte[] Encode(JsonObject document)
    {
        var info = document.ObjectAt("info")!;
        var message = new ProtobufWriter()
            .Text(1, document.TextAt("swagger"))
            .Message(2, new ProtobufWriter().Text(1, info.TextAt("title")).Text(2, info.TextAt("version")));
        var paths = new ProtobufWriter();
        foreach (var (path, item) in document.ObjectAt("paths")!)
            paths.Message(2, Named(path, PathItem((JsonObject)item!)));
        var definitions = new ProtobufWriter();
        foreach (var (name, schema) in document.ObjectAt("definitions")!)
            definitions.Message(1, Named(name, Schema((JsonObject)schema!)));
        return message.Message(8, paths).Message(9, definitions).ToArray();
    }

    private static ProtobufWriter Named(string name, ProtobufWriter value) => new ProtobufWriter().Text(1, name).Message(2, value);

    private static ProtobufWriter PathItem(JsonObject item)
    {
        var message = new ProtobufWriter();
        foreach (var (method, field) in Methods)
        {
            if (item.ObjectAt(method) is { } operation) message.Message(field, Operation(operation));
        }

        AddParameters(message, 9, item);
        return message;
    }

    private static ProtobufWriter Operation(JsonObject operation)
    {
        var message = new ProtobufWriter().Text(3, operation.TextAt("description"));
        AddTexts(message, 6, operation.ArrayAt("produces"));
        AddTexts(message, 7, operation.ArrayAt("consumes"));
        AddParameters(message, 8, operation);
        var responses = new ProtobufWriter();
        foreach (var (code, response) in operation.ObjectAt("responses") ?? [])
            responses.Message(1, Named(code, new ProtobufWriter().Message(1, Response((JsonObject)response!))));
        message.Message(9, responses);
        AddExtensions(message, 13, operation);
        return message;
    }

    private static ProtobufWriter Response(JsonObject response)
    {
        var message = new ProtobufWriter().Text(1, response.TextAt("description"));
        if (response.ObjectAt("schema") is { } schema) message.Message(2, new ProtobufWriter().Message(1, Schema(schema)));
        return message;
    }

    /// <summary>Body parameters are one message, query and path parameters another, each in its own choice.</summary>
    private static void AddParameters(ProtobufWriter message, int field, JsonObject holder)
    {
        foreach (var parameter in holder.ArrayAt("parameters")?.OfType<JsonObject>() ?? [])
        {
            var (where, name, description) = (parameter.TextAt("in"), parameter.TextAt("name"), parameter.TextAt("description"));
            var required = parameter.FlagAt("required");
            ProtobufWriter choice;
            if (where == "body")
            {
                var body = new ProtobufWriter().Text(1, description).Text(2, name).Text(3, where).Flag(4, required).Message(5, Schema(parameter.ObjectAt("schema")!));
                choice = new ProtobufWriter().Message(1, body);
            }
            else
            {
                var isQuery = where == "query";
                var inner = new ProtobufWriter().Flag(1, required).Text(2, where).Text(3, description).Text(4, name).Text(isQuery ? 6 : 5, parameter.TextAt("type"));
                choice = new ProtobufWriter().Message(2, new ProtobufWriter().Message(isQuery ? 3 : 4, inner));
            }

            message.Message(field, new ProtobufWriter().Message(1, choice));
        }
    }

    private static ProtobufWriter Schema(JsonObject schema)
    {
        var message = new ProtobufWriter()
            .Text(1, schema.TextAt("$ref"))
            .Text(2, schema.TextAt("format"))
            .Text(3, schema.TextAt("title"))
            .Text(4, schema.TextAt("description"));
        if (schema["default"] is { } value) message.Message(5, Any(value));
        message
            .Double(6, Real(schema, "multipleOf")).Double(7, Real(schema, "maximum")).Flag(8, schema.FlagAt("exclusiveMaximum"))
            .Double(9, Real(schema, "minimum")).Flag(10, schema.FlagAt("exclusiveMinimum"))
            .Integer(11, schema.IntegerAt("maxLength")).Integer(12, schema.IntegerAt("minLength")).Text(13, schema.TextAt("pattern"))
            .Integer(14, schema.IntegerAt("maxItems")).Integer(15, schema.IntegerAt("minItems")).Flag(16, schema.FlagAt("uniqueItems"))
            .Integer(17, schema.IntegerAt("maxProperties")).Integer(18, schema.IntegerAt("minProperties"));
        AddTexts(message, 19, schema.ArrayAt("required"));
        foreach (var choice in schema.ArrayAt("enum") ?? [])
            message.Message(20, Any(choice));
        if (schema.ObjectAt("additionalProperties") is { } additional) message.Message(21, new ProtobufWriter().Message(1, Schema(additional)));
        else if (schema.FlagAt("additionalProperties")) message.Message(21, new ProtobufWriter().Flag(2, true));
        if (schema.TextAt("type") is { } type) message.Message(22, new ProtobufWriter().Text(1, type));
        if (schema.ObjectAt("items") is { } items) message.Message(23, new ProtobufWriter().Message(1, Schema(items)));
        if (schema.ObjectAt("properties") is { } properties)
        {
            var map = new ProtobufWriter();
            foreach (var (name, property) in properties)
                map.Message(1, Named(name, Schema((JsonObject)property!)));
            message.Message(25, map);
        }

        AddExtensions(message, 31, schema);
        return message;
    }

    private static void AddTexts(ProtobufWriter message, int field, JsonArray? texts)
    {
        foreach (var text in texts ?? [])
            message.Text(field, text.AsText());
    }

    private static void AddExtensions(ProtobufWriter message, int field, JsonObject holder)
    {
        foreach (var (name, value) in holder)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal)) message.Message(field, Named(name, Any(value)));
        }
    }

    /// <summary>Any value is carried as YAML text, which JSON is.</summary>
    private static ProtobufWriter Any(JsonNode? value) => new ProtobufWriter().Text(2, JsonBody.ToText(value) + "\n");

    private static double? Real(JsonObject schema, string name) => schema[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;
}
