using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Fabric.Resources.Crds;

/// <summary>Builds the structural OpenAPI v3 schema of a record, as apiextensions.k8s.io/v1 takes it.</summary>
internal sealed class SchemaBuilder(FieldDocs docs)
{
    private static readonly Dictionary<Type, Func<JsonObject>> Scalars = new()
    {
        [typeof(string)] = () => new JsonObject { ["type"] = "string" },
        [typeof(bool)] = () => new JsonObject { ["type"] = "boolean" },
        [typeof(int)] = () => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        [typeof(long)] = () => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
        [typeof(DateTimeOffset)] = () => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
        [typeof(IpAddress)] = () => Text(45, "isIP(self)", "must be an IPv4 or IPv6 address"),
        [typeof(IpPrefix)] = () => Text(
            43, "isCIDR(self) && cidr(self) == cidr(self).masked()", "must be a network and prefix length without host bits", "cidr"),
        [typeof(IpInterfaceAddress)] = () => Text(43, "isCIDR(self)", "must be an address and prefix length", "cidr"),
        [typeof(IpRange)] = () => new JsonObject
        {
            ["type"] = "string", ["maxLength"] = 91, ["pattern"] = "^[0-9a-fA-F:.]+(-[0-9a-fA-F:.]+)?$",
        },
        [typeof(BitRate)] = Quantity,
        [typeof(ByteSize)] = Quantity,
        [typeof(EquatableMap<string, string>)] = () => new JsonObject
        {
            ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" },
        },
        [typeof(MacAddress)] = () => new JsonObject
        {
            ["type"] = "string", ["maxLength"] = 17, ["pattern"] = "^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$",
        },
    };

    /// <summary>The schema of a record, with a description of every field.</summary>
    public JsonObject Object(Type type)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in Fields(type))
        {
            var name = JsonName(property);
            properties[name] = Property(property);
            if (property.GetCustomAttribute<RequiredMemberAttribute>() is not null)
            {
                required.Add(name);
            }
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
        {
            schema["required"] = required;
        }

        return schema;
    }

    /// <summary>The schema of one property of a record.</summary>
    public JsonObject Property(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var schema = Value(type);
        schema["description"] = docs.Of(property);
        Constrain(schema, property);
        // What is wrong with one of a list's values is said with what the list is for.
        if (schema["items"] is JsonObject items && (items.ContainsKey("pattern") || items.ContainsKey("x-kubernetes-validations")))
        {
            items["description"] = docs.Of(property);
        }

        return schema;
    }

    private static IEnumerable<PropertyInfo> Fields(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null
            && property.GetCustomAttribute<JsonExtensionDataAttribute>() is null
            && property.GetMethod is { } get && property.SetMethod is not null && get.GetParameters().Length == 0);

    private static string JsonName(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private JsonObject Value(Type type)
    {
        if (Scalars.TryGetValue(type, out var scalar))
        {
            return scalar();
        }

        if (type.IsEnum)
        {
            return new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)name)]),
            };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(EquatableArray<>))
        {
            return new JsonObject { ["type"] = "array", ["items"] = Item(type.GetGenericArguments()[0]) };
        }

        return Object(type);
    }

    private JsonObject Item(Type type)
    {
        var schema = Value(type);
        if (!Scalars.ContainsKey(type))
        {
            schema["description"] = docs.Of(type);
        }

        return schema;
    }

    private static void Constrain(JsonObject schema, PropertyInfo property)
    {
        foreach (var attribute in property.GetCustomAttributes())
        {
            switch (attribute)
            {
                case DefaultAttribute { Value: var value }:
                    schema["default"] = JsonSerializer.SerializeToNode(value);
                    break;
                case MinimumAttribute { Value: var least }:
                    schema["minimum"] = least;
                    break;
                case MaximumAttribute { Value: var most }:
                    schema["maximum"] = most;
                    break;
                case MinLengthAttribute { Value: var least }:
                    schema["minLength"] = least;
                    break;
                case MaxLengthAttribute { Value: var most }:
                    schema["maxLength"] = most;
                    break;
                case MaxItemsAttribute { Value: var most }:
                    schema["maxItems"] = most;
                    break;
                case PatternAttribute { Value: var pattern }:
                    schema["pattern"] = pattern;
                    break;
                case EachNameAttribute name:
                    schema["items"]!["maxLength"] = name.MaxLength;
                    schema["items"]!["pattern"] = name.Pattern;
                    break;
                case ImmutableAttribute:
                    Rules(schema).Add(Rule("self == oldSelf", "cannot be changed"));
                    break;
                case ListMapKeyAttribute { Key: var key }:
                    schema["x-kubernetes-list-type"] = "map";
                    schema["x-kubernetes-list-map-keys"] = new JsonArray(key);
                    RequireKey(schema, key);
                    break;
            }
        }
    }

    private static void RequireKey(JsonObject list, string key)
    {
        if (list["items"]?["required"] is not JsonArray required || !required.Any(each => (string?)each == key))
        {
            throw new InvalidOperationException($"the list map key {key} must be a required field of the items");
        }
    }

    private static JsonObject Text(int maxLength, string rule, string message, string? format = null)
    {
        var schema = new JsonObject { ["type"] = "string", ["maxLength"] = maxLength };
        if (format is not null)
        {
            schema["format"] = format;
        }

        Rules(schema).Add(Rule(rule, message));
        return schema;
    }

    /// <summary>A Kubernetes quantity: a string, or a number for those who write one.</summary>
    private static JsonObject Quantity() => new()
    {
        ["x-kubernetes-int-or-string"] = true,
        ["pattern"] = "^[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
    };

    private static JsonArray Rules(JsonObject schema)
    {
        if (schema["x-kubernetes-validations"] is JsonArray rules)
        {
            return rules;
        }

        var made = new JsonArray();
        schema["x-kubernetes-validations"] = made;
        return made;
    }

    private static JsonObject Rule(string rule, string message) => new() { ["rule"] = rule, ["message"] = message };
}
