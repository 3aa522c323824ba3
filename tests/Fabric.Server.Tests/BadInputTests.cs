using System.Diagnostics;
using System.Net;
using System.Text;
using Fabric.Kube.Transport;

namespace Fabric.Server.Tests;

/// <summary>What cannot be is refused with the field, the value and what to do; nothing that a client sends is a fault of the server.</summary>
public sealed class BadInputTests(BadInputServer server) : IClassFixture<BadInputServer>
{
    private const string Subnets = $"{BadInputServer.Root}/subnets";

    private static string Subnet(string name, string spec) => $$$"""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""";

    private static string Named(string metadata) => $$$"""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{ {{{metadata}}} },"spec":{"ipv4":{"cidr":"10.9.0.0/24"} } }""";

    private Task<KubeException> PostRefusedAsync(string body, string query = "") => BadInputServer.RefusedAsync(() => server.SendAsync(HttpMethod.Post, Subnets + query, body));

    [Theory]
    // Numbers: negative, broken, beyond what a number can be, and none.
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"mtu":-1}""", "spec.mtu", "FieldValueInvalid", "-1", "greater than or equal to 576")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"mtu":1400.5}""", "spec.mtu", "FieldValueTypeInvalid", "1400.5", "must be of type integer")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"mtu":9223372036854775808}""", "spec.mtu", "FieldValueTypeInvalid", "9223372036854775808", "must be of type integer")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"mtu":1e400}""", "spec.mtu", "FieldValueTypeInvalid", "1e400", "must be of type integer")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"mtu":"1400"}""", "spec.mtu", "FieldValueTypeInvalid", "\"1400\"", "must be of type integer")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"dhcp":{"leaseSeconds":-5}}""", "spec.dhcp.leaseSeconds", "FieldValueInvalid", "-5", "greater than or equal to 60")]
    // Other kinds of values than a field has.
    [InlineData("""{"ipv4":{"cidr":5}}""", "spec.ipv4.cidr", "FieldValueTypeInvalid", "5", "must be of type string")]
    [InlineData("""{"ipv4":{"cidr":["10.0.0.0/24"]}}""", "spec.ipv4.cidr", "FieldValueTypeInvalid", "[\"10.0.0.0/24\"]", "must be of type string")]
    [InlineData("""{"ipv4":"10.0.0.0/24"}""", "spec.ipv4", "FieldValueTypeInvalid", "\"10.0.0.0/24\"", "must be of type object")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"default":"yes"}""", "spec.default", "FieldValueTypeInvalid", "\"yes\"", "must be of type boolean")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"namespaces":"team"}""", "spec.namespaces", "FieldValueTypeInvalid", "\"team\"", "must be of type array")]
    [InlineData("[]", "spec", "FieldValueTypeInvalid", "[]", "must be of type object")]
    // Texts: empty, of another script, with a NUL, with host bits, no address.
    [InlineData("""{"ipv4":{"cidr":""}}""", "spec.ipv4.cidr", "FieldValueInvalid", "\"\"", "such as 10.20.0.0/24")]
    [InlineData("""{"ipv4":{"cidr":"١٠.0.0.0/24"}}""", "spec.ipv4.cidr", "FieldValueInvalid", "١٠.0.0.0/24", "such as 10.20.0.0/24")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24\u0000"}}""", "spec.ipv4.cidr", "MalformedValue", "\\u0000", "is not an IP prefix")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.7/24"}}""", "spec.ipv4.cidr", "MalformedValue", "10.0.0.7/24", "the network is 10.0.0.0/24")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/33"}}""", "spec.ipv4.cidr", "FieldValueInvalid", "10.0.0.0/33", "such as 10.20.0.0/24")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/024"}}""", "spec.ipv4.cidr", "MalformedValue", "10.0.0.0/024", "")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24","exclude":["10.0.0.9-10.0.0.2"]}}""", "spec.ipv4.exclude[0]", "MalformedValue", "10.0.0.9-10.0.0.2", "comes before its first")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"dhcp":{"routes":[{"destination":"10.1.0.0/16","nextHop":"10.0.0.1"},{"destination":"10.1.0.9/16","nextHop":"10.0.0.1"}]}}""", "spec.dhcp.routes[1]", "MalformedValue", "10.1.0.9/16", "the network is 10.1.0.0/16")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24","gateway":"10.0.0.1%eth0"}}""", "spec.ipv4.gateway", "MalformedValue", "10.0.0.1%eth0", "")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24","exclude":["10.0.0.0/25"]}}""", "spec.ipv4.exclude[0]", "FieldValueInvalid", "10.0.0.0/25", "single ones or ranges such as")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"namespaces":["team",""]}""", "spec.namespaces[1]", "FieldValueInvalid", "\"\"", "The namespaces whose workloads may use this subnet")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"namespaces":["Ünï"]}""", "spec.namespaces[0]", "FieldValueInvalid", "Ünï", "should match")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"defaultFor":["a b"]}""", "spec.defaultFor[0]", "FieldValueInvalid", "a b", "The namespaces whose workloads are put here")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"allowSubnets":[""]}""", "spec.allowSubnets[0]", "FieldValueInvalid", "\"\"", "The subnets of the same Vpc")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24"},"dhcp":{"domain":"a..b"}}""", "spec.dhcp.domain", "FieldValueInvalid", "a..b", "such as shop.example")]
    [InlineData("""{"vpc":"","ipv4":{"cidr":"10.0.0.0/24"}}""", "spec.vpc", "FieldValueInvalid", "\"\"", "at least 1 chars long")]
    // What a rule between fields or objects refuses has the rule's own word.
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/31"}}""", "spec.ipv4.cidr", "CidrUnusable", "10.0.0.0/31", "Give a range of that size.")]
    [InlineData("""{"ipv4":{"cidr":"127.0.0.0/24"}}""", "spec.ipv4.cidr", "CidrUnusable", "127.0.0.0/24", "Give a private range")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24","gateway":"10.1.0.1"}}""", "spec.ipv4.gateway", "GatewayUnusable", "10.1.0.1", "Give an address in it")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/24","exclude":["10.0.1.0"]}}""", "spec.ipv4.exclude[0]", "ExcludeOutsideSubnet", "10.0.1.0", "Remove it, or correct it.")]
    [InlineData("""{"ipv4":{"cidr":"10.0.0.0/30","exclude":["10.0.0.1-10.0.0.2"]}}""", "spec.ipv4.exclude", "NothingToGiveOut", "10.0.0.1-10.0.0.2", "Leave some.")]
    public async Task A_field_that_cannot_be_is_refused_with_its_value_and_a_remedy(string spec, string field, string reason, string value, string remedy)
    {
        var refused = await PostRefusedAsync(Subnet("bad", spec));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Invalid"), (refused.Code, refused.Reason));
        var cause = Assert.Single(refused.Causes, cause => cause.Field == field);
        Assert.Equal(reason, cause.Reason);
        Assert.Contains(value, cause.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_is_missing_is_named_with_what_it_is_for()
    {
        var refused = await PostRefusedAsync(Subnet("bad", """{"ipv4":{}}"""));
        Assert.Contains("spec.ipv4.cidr: Required value: The range as network and prefix length", refused.Detail, StringComparison.Ordinal);
        Assert.Equal("FieldValueRequired", Assert.Single(refused.Causes).Reason);
        Assert.Contains("spec: Required value", (await PostRefusedAsync("""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"x"}}""")).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""  "name":"Blue" """, "metadata.name", "\"Blue\"")]
    [InlineData("""  "name":"blü" """, "metadata.name", "blü")]
    [InlineData("""  "name":"a/b" """, "metadata.name", "a/b")]
    [InlineData("""  "name":"a\u0000b" """, "metadata.name", "a\\u0000b")]
    [InlineData("""  "name":"" """, "metadata.name", "")]
    [InlineData("""  "name":7 """, "metadata.name", "")]
    [InlineData("""  "name":"x","labels":{"a":"b c"} """, "metadata.labels", "\"b c\"")]
    [InlineData("""  "name":"x","labels":{"a":1} """, "metadata.labels[a]", "1")]
    [InlineData("""  "name":"x","labels":[] """, "metadata.labels", "[]")]
    [InlineData("""  "name":"x","annotations":{"":"y"} """, "metadata.annotations", "\"\"")]
    [InlineData("""  "name":"x","finalizers":[3] """, "metadata.finalizers[0]", "3")]
    [InlineData("""  "name":"x","ownerReferences":[{}] """, "metadata.ownerReferences[0].uid", "")]
    public async Task Metadata_that_cannot_be_is_refused(string metadata, string field, string value)
    {
        var refused = await PostRefusedAsync(Named(metadata));
        Assert.Contains(refused.Causes, cause => cause.Field == field && cause.Message.Contains(value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_is_refused_when_it_or_what_is_named_after_it_would_be_too_long()
    {
        var refused = await PostRefusedAsync(Named($"\"name\":\"{new string('a', 254)}\""));
        Assert.Contains(refused.Causes, cause => cause.Field == "metadata.name" && cause.Message.Contains("253 characters", StringComparison.Ordinal));
        // A claim's name is the Subnet's and an address: it must have room for one.
        var longest = await PostRefusedAsync(Named($"\"name\":\"{new string('a', 253)}\""));
        Assert.Contains(longest.Causes, cause => cause.Field == "metadata.name" && cause.Reason == "NameTooLong");
    }

    [Theory]
    [InlineData("ipclaims", "IPClaim", """{"subnet":"s","address":"10.0.0","owner":{"namespace":"a","name":"b","uid":"c"}}""", "spec.address")]
    [InlineData("macclaims", "MacClaim", """{"vpc":"v","macAddress":"02:00:00:00:00:0g","owner":{"namespace":"a","name":"b","uid":"c"}}""", "spec.macAddress")]
    [InlineData("namespaces/default/nics", "Nic", """{"subnet":"s","interface":"eth0","owner":{"kind":"Pod","name":"b","uid":"c"},"addresses":["10.0.0.1","10.0.0.256"]}""", "spec.addresses[1]")]
    [InlineData("namespaces/default/staticips", "StaticIP", """{"subnet":"s","addresses":["10.0.0.1"],"target":{"name":"Ünï"}}""", "spec.target.name")]
    [InlineData("namespaces/default/staticips", "StaticIP", """{"subnet":"s","addresses":["10.0.0.1"],"selector":{"matchExpressions":[{"key":"a","operator":"In"}]}}""", "spec.selector.matchExpressions[0].values")]
    [InlineData("ippools", "IPPool", """{"subnet":"s","ranges":["10.0.0.1"],"namespaces":[""]}""", "spec.namespaces[0]")]
    [InlineData("vpcs", "Vpc", """{"namespaces":["ü"]}""", "spec.namespaces[0]")]
    [InlineData("namespaces/default/nics", "Nic", """{"subnet":"s","interface":"eth0","owner":{"kind":"pod","name":"b","uid":"c"}}""", "spec.owner.kind")]
    public async Task What_the_control_plane_could_not_read_is_not_stored(string path, string kind, string spec, string field)
    {
        var refused = await BadInputServer.RefusedAsync(() => server.SendAsync(
            HttpMethod.Post, $"{BadInputServer.Root}/{path}", $$$"""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"{{{kind}}}","metadata":{"name":"x"},"spec":{{{spec}}} }"""));
        Assert.Equal(field, Assert.Single(refused.Causes).Field);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("null", "empty")]
    [InlineData("[]", "must be an object")]
    [InlineData("\"text\"", "must be an object")]
    [InlineData("{", "could not be read")]
    [InlineData("{\"a\":1,\"a\":2}", "'a'")]
    [InlineData("{\"kind\":\"Subnet\"}", "fabric.vmnet.io/v1alpha1")]
    [InlineData("{\"apiVersion\":\"fabric.vmnet.io/v1alpha1\"}", "'Kind' is missing")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "cannot be handled as a Subnet")]
    [InlineData("{\"apiVersion\":\"fabric.vmnet.io/v1alpha1\",\"kind\":\"Subnet\",\"metadata\":3}", "metadata: must be an object")]
    [InlineData("{\"a\":\"\\ud800\"}", "no Unicode")]
    [InlineData("{\"a\":\"x\0y\"}", "0x00")]
    public async Task A_body_that_is_no_object_of_the_kind_is_refused(string body, string message)
    {
        var refused = await PostRefusedAsync(body);
        Assert.Equal((HttpStatusCode.BadRequest, "BadRequest"), (refused.Code, refused.Reason));
        Assert.Contains(message, refused.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", "line 2: key \"a\" already set in map")]
    [InlineData("a: [\n", "line")]
    [InlineData("a: \"x\0y\"\n", "yaml")]
    [InlineData("a: 1\n---\nb: 2\n", "exactly one document")]
    [InlineData("# nothing\n", "exactly one document")]
    [InlineData("a: *x\n", "unknown anchor 'x'")]
    [InlineData("{? {a: b} : c}\n", "only plain keys")]
    public async Task Yaml_that_cannot_be_read_is_refused_with_its_line(string body, string message)
    {
        var refused = await BadInputServer.RefusedAsync(() => server.ApplyAsync("subnets", "x", body));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Contains(message, refused.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[', ']', "application/json")]
    [InlineData('[', ']', "application/apply-patch+yaml")]
    public async Task Nesting_without_end_is_refused(char open, char close, string contentType)
    {
        var body = new string(open, 100_000) + new string(close, 100_000);
        var refused = await BadInputServer.RefusedAsync(() => contentType == "application/json"
            ? server.SendAsync(HttpMethod.Post, Subnets, body)
            : server.ApplyAsync("subnets", "x", body));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Contains("100", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_refused_and_a_byte_order_mark_is_no_harm()
    {
        byte[] latin = [.. "{\"a\":\""u8, 0xe9, .. "\"}"u8];
        Assert.Contains("UTF-8", (await BadInputServer.RefusedAsync(() => server.SendAsync(HttpMethod.Post, Subnets, latin))).Detail, StringComparison.Ordinal);
        byte[] marked = [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Subnet("marked", """{"ipv4":{"cidr":"10.250.0.0/24"}}""").Replace("{", "{\r\n", StringComparison.Ordinal))];
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync(HttpMethod.Post, Subnets, marked)).Code);
        byte[] applied = [0xef, 0xbb, 0xbf, .. "apiVersion: fabric.vmnet.io/v1alpha1\r\nkind: Subnet\r\nmetadata: {name: marked}\r\nspec: {ipv4: {cidr: 10.250.0.0/24}}\r\n"u8];
        await server.SendAsync(HttpMethod.Patch, $"{Subnets}/marked?fieldManager=t&force=true", applied, "application/apply-patch+yaml");
    }

    [Fact]
    public async Task A_misspelled_field_is_warned_of_and_strictly_refused()
    {
        var body = Subnet("spelled", """{"ipv4":{"cidr":"10.251.0.0/24","gatewy":"10.251.0.1"},"mtuu":1400}""");
        Assert.Equal(["unknown field \"spec.ipv4.gatewy\"", "unknown field \"spec.mtuu\""], (await server.SendAsync(HttpMethod.Post, $"{Subnets}?dryRun=All", body)).Warnings.Order(StringComparer.Ordinal));
        var refused = await PostRefusedAsync(body, "?fieldValidation=Strict");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Contains("unknown field \"spec.ipv4.gatewy\"", refused.Detail, StringComparison.Ordinal);
        Assert.Empty((await server.SendAsync(HttpMethod.Post, $"{Subnets}?fieldValidation=Ignore&dryRun=All", body)).Warnings);
    }

    [Fact]
    public async Task A_manifest_of_ten_megabytes_is_refused_with_the_limit()
    {
        var refused = await PostRefusedAsync(Subnet("big", $$"""{"ipv4":{"cidr":"10.0.0.0/24"},"namespaces":["{{new string('x', 10 << 20)}}"]}"""));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge"), (refused.Code, refused.Reason));
        Assert.Contains("limit is 3145728", refused.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apply --server-side")]
    [InlineData("create")]
    [Trait("kind", "kubectl")]
    public async Task Kubectl_shows_that_a_manifest_is_too_large(string command)
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.True(kubectl is not null, "kubectl is needed");
        else
            Assert.SkipWhen(kubectl is null, "no kubectl on PATH");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Subnet("big", $$"""{"ipv4":{"cidr":"10.0.0.0/24"},"namespaces":["{{new string('x', 10 << 20)}}"]}"""), TestContext.Current.CancellationToken);
            using var process = Process.Start(new ProcessStartInfo(kubectl!, $"--kubeconfig {server.Kubeconfig} {command} --validate=false -f {file}")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            var said = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.Contains("Request entity too large: limit is 3145728 bytes: send smaller objects, or fewer at once", await said, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_long_value_is_shortened_in_the_message()
    {
        var refused = await PostRefusedAsync(Subnet("long", $$$"""{"ipv4":{"cidr":"{{{new string('x', 1 << 20)}}}" } }"""));
        Assert.True(refused.Detail.Length < 2000, $"{refused.Detail.Length} characters");
        var annotated = await PostRefusedAsync(Named($$"""  "name":"x","annotations":{"a/b":"{{new string('x', 300 << 10)}}"} """));
        Assert.Equal("FieldValueTooLong", Assert.Single(annotated.Causes).Reason);
        var label = await PostRefusedAsync(Named($$"""  "name":"x","labels":{"a":"{{new string('x', 1 << 20)}}"} """));
        Assert.True(label.Detail.Length < 2000, $"{label.Detail.Length} characters");
    }

    [Theory]
    [InlineData("GET", "?limit=-1", "limit")]
    [InlineData("GET", "?limit=x", "limit")]
    [InlineData("GET", "?resourceVersion=-3", "resourceVersion")]
    [InlineData("GET", "?labelSelector=a===b", "")]
    [InlineData("GET", "?fieldSelector=spec.nothing=1", "spec.nothing")]
    [InlineData("GET", "?continue=%00", "continue")]
    [InlineData("GET", "?watch=1&timeoutSeconds=-1", "timeoutSeconds")]
    [InlineData("POST", "?dryRun=Some", "dryRun")]
    [InlineData("POST", "?fieldValidation=Maybe", "fieldValidation")]
    [InlineData("DELETE", "/x?propagationPolicy=Sideways", "propagationPolicy")]
    [InlineData("DELETE", "/x?gracePeriodSeconds=-1", "gracePeriodSeconds")]
    public async Task A_parameter_that_cannot_be_is_refused_with_its_name(string method, string query, string name)
    {
        var refused = await BadInputServer.RefusedAsync(() => server.SendAsync(new HttpMethod(method), Subnets + query, method == "POST" ? Named("\"name\":\"x\"") : null));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Contains(name, refused.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"op\":1}", "application/json-patch+json", HttpStatusCode.BadRequest)]
    [InlineData("[{\"op\":\"remove\",\"path\":\"/spec/nothing\"}]", "application/json-patch+json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("[{\"op\":\"explode\",\"path\":\"/spec\"}]", "application/json-patch+json", HttpStatusCode.BadRequest)]
    [InlineData("[]", "application/merge-patch+json", HttpStatusCode.BadRequest)]
    [InlineData("{\"spec\":{\"vpc\":\"other\"}}", "application/merge-patch+json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("{}", "application/strategic-merge-patch+json", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_patch_that_cannot_be_is_refused(string patch, string contentType, HttpStatusCode code)
    {
        await server.SendAsync(HttpMethod.Patch, $"{Subnets}/patched?fieldManager=t", Subnet("patched", """{"ipv4":{"cidr":"10.252.0.0/24"}}"""), "application/apply-patch+yaml");
        var refused = await Assert.ThrowsAsync<KubeException>(() => server.SendAsync(HttpMethod.Patch, $"{Subnets}/patched", patch, contentType));
        Assert.Equal(code, refused.Code);
        Assert.True(refused.Detail.Length > 10, refused.Detail);
    }

    [Fact]
    public async Task An_overlap_names_the_other_subnet_as_the_condition_would()
    {
        await server.SendAsync(HttpMethod.Post, Subnets, Subnet("first", """{"ipv4":{"cidr":"10.253.0.0/24"}}"""));
        var refused = await PostRefusedAsync(Subnet("second", """{"ipv4":{"cidr":"10.253.0.0/16"}}"""));
        var cause = Assert.Single(refused.Causes);
        Assert.Equal(("CidrOverlap", "spec.ipv4.cidr"), (cause.Reason, cause.Field));
        Assert.Contains("10.253.0.0/16 overlaps 10.253.0.0/24 of Subnet first", cause.Message, StringComparison.Ordinal);
    }
}
