using System.Net;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Schema;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class AdmissionTests
{
    [Fact]
    public async Task Of_many_overlapping_objects_written_at_once_one_is_stored()
    {
        await using var server = await StartAsync(admissions: new NoOverlap());
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => server.PostAsync(Blocks, Block("b" + i, i, i + 50))));
        Assert.Single(answers, a => a.Code == HttpStatusCode.Created);
        var refused = answers.First(a => a.Code != HttpStatusCode.Created);
        Assert.Equal(422, (int)refused.Code);
        Assert.Matches("^Block.test.example.com \"b\\d+\" is invalid: spec.first: Invalid value: \\d+: overlaps block b\\d+, choose another range$", refused.Text("message")!);
        Assert.Equal("spec.first", refused.Text("details", "causes", "0", "field"));
    }

    [Fact]
    public async Task Updates_and_deletions_are_judged_too()
    {
        await using var server = await StartAsync(admissions: new NoOverlap());
        await server.PostAsync(Blocks, Block("a", 1, 10));
        await server.PostAsync(Blocks, Block("b", 11, 20));
        Assert.Equal(422, (int)(await server.PatchAsync(Blocks + "/b", """{"spec":{"first":5}}""")).Code);
        Assert.Equal(200, (int)(await server.PatchAsync(Blocks + "/b", """{"spec":{"first":15}}""")).Code);
        var kept = await server.DeleteAsync(Blocks + "/b");
        Assert.Equal(403, (int)kept.Code);
        Assert.Equal("blocks.test.example.com \"b\" is forbidden: b stays", kept.Text("message"));
    }

    /// <summary>Blocks must not overlap, and b must stay.</summary>
    private sealed class NoOverlap : IAdmission
    {
        public IReadOnlySet<string> Resources { get; } = new HashSet<string>(["blocks.test.example.com"], StringComparer.Ordinal);

        public AdmissionVerdict Review(AdmissionRequest request)
        {
            if (request.Operation == AdmissionOperation.Delete) return request.Name == "b" ? AdmissionVerdict.Denied("b stays") : AdmissionVerdict.Allowed;
            var (first, last) = Range(request.NewObject!);
            foreach (var other in request.Store.List(request.Resource))
            {
                var (otherFirst, otherLast) = Range(other);
                var name = other["metadata"]!["name"]!.GetValue<string>();
                if (name != request.Name && first <= otherLast && otherFirst <= last)
                    return AdmissionVerdict.Invalid(new FieldError(FieldErrorKind.Invalid, "spec.first", first.ToString(), $"overlaps block {name}, choose another range"));
            }

            return AdmissionVerdict.Allowed;
        }

        private static (long First, long Last) Range(JsonObject block) => (block["spec"]!["first"]!.GetValue<long>(), block["spec"]!["last"]!.GetValue<long>());
    }
}
