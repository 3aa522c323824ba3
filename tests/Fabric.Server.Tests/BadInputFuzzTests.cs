using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabric.Kube;
using Fabric.Kube.Transport;

namespace Fabric.Server.Tests;

/// <summary>
/// Whatever a client sends, the API grants it or says why not, and goes on. Manifests are made from the schemas of all of
/// Fabric's kinds and then broken; the seed is fixed, so a failure repeats.
/// </summary>
public sealed class BadInputFuzzTests(BadInputServer server) : IClassFixture<BadInputServer>
{
    private const int Seed = 20_26;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    /// <summary>Far longer than any answer takes, so that only a hang meets it.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_sent_is_granted_or_refused_with_a_reason()
    {
        await FuzzAsync(server.Client);

        // What was granted can be read by others.
        foreach (var kind in await FabricKinds.ReadAsync(server.Client))
            Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Get, kind.AllPath)).Code);
    }

    [Fact]
    [Trait("kind", "ovs")]
    public async Task Whatever_was_granted_the_control_plane_goes_on_for_others()
    {
        await using var plane = await ControlPlane.StartAsync();
        try
        {
            await FuzzAsync(plane.Client);
        }
        catch
        {
            // Why it ended tells more than that it does not answer.
            await plane.EndAsync();
            throw;
        }

        async Task PostAsync(string path, string body) => await plane.Client.SendAsync(new KubeRequest(HttpMethod.Post, path) { Body = Encoding.UTF8.GetBytes(body) }, Token);
        await PostAsync($"{BadInputServer.Root}/vpcs", """{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Vpc","metadata":{"name":"sound"},"spec":{}}""");
        await PostAsync($"{BadInputServer.Root}/subnets", """{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"sound"},"spec":{"vpc":"sound","ipv4":{"cidr":"10.77.0.0/24"}}}""");
        await PostAsync(
            "/api/v1/namespaces/default/pods",
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"sound","annotations":{"fabric.vmnet.io/subnet":"sound"}},"spec":{"containers":[{"name":"c","image":"none"}]}}""");
        var nic = await plane.ReadyNicAsync("default", "pod.sound.eth0");
        Assert.Equal("10.77.0.2/24", nic.Status!.Addresses[0].ToString());
    }

    private static async Task FuzzAsync(KubeClient client)
    {
        var kinds = await FabricKinds.ReadAsync(client);
        var make = new ManifestFuzz(new Random(Seed));
        var since = TimeProvider.System.GetTimestamp();
        var (sent, granted) = (0, 0);
        while (TimeProvider.System.GetElapsedTime(since) < Budget)
        {
            var (method, path, body, contentType) = make.Request(make.Choose(kinds));
            sent++;
            try
            {
                await client.SendAsync(new KubeRequest(method, path) { Body = Encoding.UTF8.GetBytes(body), ContentType = contentType }, Token).WaitAsync(Hang, Token);
                granted++;
            }
            catch (KubeException refused)
            {
                Assert.True(refused.Code is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, $"request {sent}, {method} {path}: {refused.Message}\n{body}");
                if (refused.Causes.Count > 0)
                    BadInputServer.CheckRefusal(refused);
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{sent} requests, {granted} granted");
        Assert.True(granted > 0, "nothing was ever granted: the manifests are not near enough to what can be");
        Assert.True(granted < sent, "nothing was ever refused");
    }
}

/// <summary>One of Fabric's kinds as a client sees it.</summary>
internal sealed record FabricKind(string Kind, string Plural, bool Namespaced, JsonObject Schema)
{
    public string AllPath => $"{BadInputServer.Root}/{Plural}";

    public string Collection => Namespaced ? $"{BadInputServer.Root}/namespaces/default/{Plural}" : AllPath;
}

internal static class FabricKinds
{
    /// <summary>All kinds of the group, from discovery and OpenAPI.</summary>
    public static async Task<FabricKind[]> ReadAsync(KubeClient client)
    {
        async Task<JsonObject> GetAsync(string path) =>
            (JsonObject)JsonNode.Parse((await client.SendAsync(new KubeRequest(HttpMethod.Get, path), TestContext.Current.CancellationToken)).Body.Span)!;
        var discovery = await GetAsync(BadInputServer.Root);
        var schemas = (JsonObject)(await GetAsync($"/openapi/v3{BadInputServer.Root}"))["components"]!["schemas"]!;
        return
        [
            .. from resource in discovery["resources"]!.AsArray()
               let plural = resource!["name"]!.GetValue<string>()
               where !plural.Contains('/')
               let kind = resource["kind"]!.GetValue<string>()
               let schema = schemas.First(each => each.Key.EndsWith($".{kind}", StringComparison.Ordinal)).Value!
               select new FabricKind(kind, plural, resource["namespaced"]!.GetValue<bool>(), (JsonObject)schema["properties"]!["spec"]!),
        ];
    }
}

/// <summary>Makes manifests that are nearly right.</summary>
internal sealed class ManifestFuzz(Random random)
{
    private static readonly string[] Texts =
    [
        "", " ", "x", "default", "subnet0", "subnet1", "10.0.0.0/24", "10.0.1.0/24", "10.1.0.0/16", "10.0.0.1", "10.0.0.2-10.0.0.9", "fd00::/64", "fd00::1", "fd00::-fd00::f",
        "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "1G", "10M", "100k", "1e9", "-1", "0", "9223372036854775808", "1.5", "true", "null", "é", "\ud83d\ude00", "\0", "\n", "a\u202eb",
        "10.0.0.0/33", "10.0.0.1/24", "0.0.0.0/0", "::/0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "10.0.0.9-10.0.0.1", "%s%n", "../../etc", "'; DROP TABLE objects;--", "${x}", new string('a', 300), new string('9', 400),
    ];

    private static readonly string[] Numbers =
        ["0", "-1", "1", "576", "1400", "9001", "86400", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1e400", "-1e-400", "1.5", "1E+2", "0.1e1"];

    public FabricKind Choose(FabricKind[] kinds) => kinds[random.Next(kinds.Length)];

    /// <summary>A creation, an apply, a merge patch or a status of some object, with a body that may be anything.</summary>
    public (HttpMethod Method, string Path, string Body, string ContentType) Request(FabricKind kind)
    {
        var name = random.Next(20) == 0 ? Pick(Texts) : $"{kind.Kind.ToLowerInvariant()}{random.Next(8)}";
        var manifest = new JsonObject
        {
            ["apiVersion"] = "fabric.vmnet.io/v1alpha1",
            ["kind"] = kind.Kind,
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = Value(kind.Schema, 0),
        };
        if (random.Next(10) == 0)
            manifest["metadata"]![Pick(["labels", "annotations", "finalizers", "ownerReferences", "namespace", "resourceVersion", "uid", "generation", "managedFields"])] = Anything(0);
        var body = Broken(manifest);
        // HTTP itself has no NUL in a path (RFC 3986 §2.1 would allow %00, Kestrel does not).
        var path = $"{kind.Collection}/{Uri.EscapeDataString(name.Length == 0 ? "empty" : name.Replace('\0', '0'))}";
        return random.Next(6) switch
        {
            0 => (HttpMethod.Patch, $"{path}?fieldManager=fuzz&force=true", body, "application/apply-patch+yaml"),
            1 => (HttpMethod.Patch, path, body, "application/merge-patch+json"),
            2 => (HttpMethod.Put, path, body, "application/json"),
            3 => (HttpMethod.Patch, $"{path}/status", new JsonObject { ["status"] = Anything(0) }.ToJsonString(), "application/merge-patch+json"),
            _ => (HttpMethod.Post, kind.Collection, body, "application/json"),
        };
    }

    /// <summary>The text of a manifest, at times with characters changed, cut out or doubled.</summary>
    private string Broken(JsonObject manifest)
    {
        var text = manifest.ToJsonString();
        for (var number = 0; number < Numbers.Length; number++)
            text = text.Replace($"\"#{number}\"", Numbers[number], StringComparison.Ordinal);
        if (random.Next(5) > 0)
            return text;
        var at = random.Next(text.Length);
        return random.Next(4) switch
        {
            0 => text[..at],
            1 => text[..at] + Pick(["{", "}", "[", "]", "\"", ",", ":", "\0", "\\u0000", "\\ud800", "null", "--- ", "&a ", "*a ", "é"]) + text[at..],
            2 => text[..at] + text[Math.Min(text.Length, at + random.Next(1, 9))..],
            _ => text[..at] + text[random.Next(at + 1)..],
        };
    }

    private JsonNode? Value(JsonObject schema, int depth)
    {
        if (random.Next(25) == 0)
            return Anything(depth);
        if (schema["enum"] is JsonArray words && random.Next(4) > 0)
            return words[random.Next(words.Count)]?.DeepClone();
        return schema["type"]?.GetValue<string>() switch
        {
            "object" when schema["properties"] is JsonObject properties => Object(properties, schema["required"] as JsonArray ?? [], depth),
            "object" => new JsonObject { [Pick(Texts)] = schema["additionalProperties"] is JsonObject values ? Value(values, depth + 1) : Anything(depth + 1) },
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => schema["items"] is JsonObject items ? Value(items, depth + 1) : Anything(depth + 1))]),
            "integer" or "number" => random.Next(4) == 0 ? Number() : JsonValue.Create((long)(schema["minimum"]?.GetValue<double>() ?? 0) + random.Next(3)),
            "boolean" => random.Next(2) == 0,
            _ => Text(schema),
        };
    }

    /// <summary>A text that the schema lets pass, most of the time.</summary>
    private string Text(JsonObject schema)
    {
        var rules = schema["x-kubernetes-validations"]?.ToJsonString() ?? "";
        var fitting = Texts.Where(text =>
            text.Length <= (schema["maxLength"]?.GetValue<int>() ?? int.MaxValue)
            && text.Length >= (schema["minLength"]?.GetValue<int>() ?? 0)
            && (schema["pattern"]?.GetValue<string>() is not { } pattern || Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
            && rules.Contains("isCIDR", StringComparison.Ordinal) == text.Contains('/')
            && (!rules.Contains("isIP(", StringComparison.Ordinal) || IPAddress.TryParse(text, out _))).ToArray();
        return Pick(fitting.Length > 0 && random.Next(5) > 0 ? fitting : Texts);
    }

    private JsonObject Object(JsonObject properties, JsonArray required, int depth)
    {
        var made = new JsonObject();
        foreach (var (name, schema) in properties)
        {
            var isRequired = required.Any(each => each!.GetValue<string>() == name);
            if (isRequired ? random.Next(20) > 0 : random.Next(3) == 0)
                made[name] = Value((JsonObject)schema!, depth + 1);
        }

        if (random.Next(15) == 0)
            made[Pick(Texts)] = Anything(depth + 1);
        return made;
    }

    private JsonNode? Anything(int depth) => random.Next(depth > 4 ? 5 : 8) switch
    {
        0 => null,
        1 => true,
        2 => Number(),
        3 or 4 => Pick(Texts),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Anything(depth + 1))]),
        6 => new JsonObject { [Pick(Texts)] = Anything(depth + 1) },
        _ => new JsonObject { ["conditions"] = new JsonArray(Anything(depth + 1)), ["addresses"] = Anything(depth + 1) },
    };

    /// <summary>A place holder: JSON numbers may be written in ways that no number type keeps.</summary>
    private JsonValue Number() => JsonValue.Create($"#{random.Next(Numbers.Length)}");

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
