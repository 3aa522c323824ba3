using System.Text.Json.Nodes;
using Fabric.Kube.Configuration;
using Fabric.Kube.Tests.Testing;
using Fabric.Kube.Transport;
using Fabric.Resources;

namespace Fabric.Kube.Tests.Client;

/// <summary>The client against the real embedded API server.</summary>
public sealed class KubeResourceTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>, IDisposable
{
    private readonly KubeClient _client = server.Connect();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private KubeResource<Subnet> Subnets => _client.Resource(ResourceTypes.Subnets);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%00")]
    [InlineData("a\0b")]
    public async Task What_cannot_be_called_so_is_not_there(string name) => Assert.Null(await Subnets.GetAsync(new ObjectKey(name), Token));

    [Fact]
    public async Task An_object_is_created_read_changed_and_deleted()
    {
        var key = new ObjectKey("crud");
        var created = await Subnets.CreateAsync(Samples.Subnet("crud", "10.1.0.0/24"), Token);
        Assert.NotNull(created.Metadata.Uid);
        Assert.Equal(created, await Subnets.GetAsync(key, Token));
        var exists = await Assert.ThrowsAsync<KubeException>(() => Subnets.CreateAsync(Samples.Subnet("crud", "10.1.0.0/24"), Token));
        Assert.True(exists.IsAlreadyExists);

        var changed = await Subnets.UpdateAsync(created with { Spec = created.Spec with { Mtu = 1400 } }, Token);
        Assert.Equal(1400, changed.Spec.Mtu);
        var conflict = await Assert.ThrowsAsync<KubeException>(() => Subnets.UpdateAsync(created with { Spec = created.Spec with { Mtu = 1300 } }, Token));
        Assert.True(conflict.IsConflict);

        var wrong = await Assert.ThrowsAsync<KubeException>(() => Subnets.DeleteAsync(key, new DeleteOptions { Uid = "another" }, Token));
        Assert.True(wrong.IsConflict);
        Assert.True(await Subnets.DeleteAsync(key, new DeleteOptions { Uid = created.Metadata.Uid }, Token));
        Assert.False(await Subnets.DeleteAsync(key, null, Token));
        Assert.Null(await Subnets.GetAsync(key, Token));
    }

    [Fact]
    public async Task Status_and_the_rest_are_written_apart()
    {
        var created = await Subnets.CreateAsync(Samples.Subnet("status", "10.2.0.0/24"), Token);
        var written = await Subnets.UpdateStatusAsync(created with { Spec = created.Spec with { Mtu = 1300 }, Status = new SubnetStatus { Used = 3 } }, Token);
        Assert.Equal((null, 3L), (written.Spec.Mtu, written.Status!.Used));
        var spec = await Subnets.UpdateAsync(written with { Spec = written.Spec with { Mtu = 1300 }, Status = null }, Token);
        Assert.Equal((1300, 3L), (spec.Spec.Mtu!.Value, spec.Status!.Used));
    }

    [Fact]
    public async Task Every_kind_of_patch_is_made_by_the_server()
    {
        var key = new ObjectKey("patch");
        await Subnets.CreateAsync(Samples.Subnet("patch", "10.3.0.0/24"), Token);
        Assert.Equal(1400, (await Subnets.PatchAsync(key, KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["mtu"] = 1400 } }), Token)).Spec.Mtu);
        var operation = new JsonObject { ["op"] = "replace", ["path"] = "/spec/mtu", ["value"] = 1380 };
        Assert.Equal(1380, (await Subnets.PatchAsync(key, KubePatch.Json([operation]), Token)).Spec.Mtu);
        var status = await Subnets.PatchStatusAsync(key, KubePatch.Merge(new JsonObject { ["status"] = new JsonObject { ["free"] = 9, ["observedGeneration"] = 1, ["capacity"] = 9, ["used"] = 0 } }), Token);
        Assert.Equal(9, status.Status!.Free);
        var applied = await Subnets.PatchAsync(new ObjectKey("applied"), KubePatch.Apply(ResourceTypes.Subnets, Samples.Subnet("applied", "10.4.0.0/24"), force: true), Token);
        Assert.Equal("10.4.0.0/24", applied.Spec.Ipv4!.Cidr.ToString());
    }

    [Fact]
    public async Task A_schema_violation_names_its_field()
    {
        var invalid = Samples.Subnet("invalid", "10.5.0.0/24");
        var e = await Assert.ThrowsAsync<KubeException>(() => Subnets.CreateAsync(invalid with { Spec = invalid.Spec with { Mtu = 5 } }, Token));
        Assert.True(e.IsInvalid);
        Assert.Contains(e.Causes, cause => cause.Field == "spec.mtu");
    }

    [Fact]
    public async Task Concurrent_changes_of_a_status_all_take_place()
    {
        var key = new ObjectKey("contended");
        await Subnets.CreateAsync(Samples.Subnet("contended", "10.6.0.0/24"), Token);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Subnets.MutateStatusAsync(
            key, subnet => subnet with { Status = (subnet.Status ?? new SubnetStatus()) with { Used = (subnet.Status?.Used ?? 0) + 1 } }, Token)));
        var result = await Subnets.GetAsync(key, Token);
        Assert.Equal(5, result!.Status!.Used);
        var same = await Subnets.MutateStatusAsync(key, subnet => subnet with { Status = subnet.Status! with { Used = 5 } }, Token);
        Assert.Equal(result.Metadata.ResourceVersion, same!.Metadata.ResourceVersion);
        Assert.Null(await Subnets.MutateStatusAsync(new ObjectKey("none"), subnet => subnet, Token));
    }

    [Fact]
    public async Task Lists_select_by_namespace_label_and_field_and_come_in_pages()
    {
        using var paging = server.Connect(new KubeClientOptions { PageSize = 2 });
        var pods = paging.Resource(ResourceTypes.Pods);
        for (var i = 0; i < 5; i++)
            await pods.CreateAsync(Samples.Pod("default", $"list{i}", node: $"n{i % 2}"), Token);
        Assert.Equal(5, (await pods.ListAsync(new ListOptions { Namespace = "default" }, Token)).Items.Count(pod => pod.Metadata.Name!.StartsWith("list", StringComparison.Ordinal)));
        Assert.Equal("list3", Assert.Single((await pods.ListAsync(new ListOptions { Labels = "app=list3" }, Token)).Items).Metadata.Name);
        Assert.Equal(2, (await pods.ListAsync(new ListOptions { Fields = "spec.nodeName=n1" }, Token)).Items.Count);
    }

    [Fact]
    public async Task A_type_that_is_not_installed_is_told()
    {
        Assert.True(await _client.ServesAsync(ResourceTypes.Subnets, Token));
        Assert.True(await _client.ServesAsync(ResourceTypes.Pods, Token));
        Assert.False(await _client.ServesAsync(ResourceTypes.Subnets with { Group = "nowhere.test" }, Token));
        Assert.True(await _client.IsReadyAsync(Token));
    }

    [Fact]
    public async Task A_server_with_another_authority_or_name_is_not_trusted()
    {
        var connection = KubeConnection.FromFile(server.KubeconfigPath);
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var stranger = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=stranger", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2046, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var wrongAuthority = new KubeClient(connection with { CertificateAuthorities = [stranger] }, new KubeClientOptions { Attempts = 1 });
        using var wrongName = new KubeClient(connection with { TlsServerName = "elsewhere.test" }, new KubeClientOptions { Attempts = 1 });
        using var wrongToken = new KubeClient(connection with { Token = BearerToken.Fixed("no") });
        Assert.Equal("Unreachable", (await Assert.ThrowsAsync<KubeException>(() => wrongAuthority.Resource(ResourceTypes.Pods).ListAsync(ListOptions.All, Token))).Reason);
        Assert.Equal("Unreachable", (await Assert.ThrowsAsync<KubeException>(() => wrongName.Resource(ResourceTypes.Pods).ListAsync(ListOptions.All, Token))).Reason);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<KubeException>(() => wrongToken.Resource(ResourceTypes.Pods).ListAsync(ListOptions.All, Token))).Code);
    }

    public void Dispose() => _client.Dispose();
}
