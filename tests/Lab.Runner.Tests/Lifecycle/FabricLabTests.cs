using Lab.Runner.Lifecycle;
using Lab.Runner.State;

namespace Lab.Runner.Tests.Lifecycle;

public sealed class FabricLabTests
{
    [Fact]
    public void A_kubeconfig_is_pointed_at_another_address_and_nothing_else_changes()
    {
        const string Before = "clusters:\n- name: fabric\n  cluster:\n    certificate-authority-data: c2VydmVyOiB4\n    server: https://127.0.0.1:6443\nusers: []\n";
        string after = LabStart.WithServer(Before, "https://127.0.0.1:40000");
        Assert.Equal(Before.Replace(":6443", ":40000", StringComparison.Ordinal), after);
    }

    [NeedsRootFact]
    public async Task When_a_program_fails_the_error_has_the_end_of_its_log_and_nothing_is_left()
    {
        string folder = Directory.CreateTempSubdirectory("lab").FullName;
        try
        {
            string program = $"{folder}/fabric";
            await File.WriteAllTextAsync(program, "#!/bin/sh\necho 'the database is on fire' >&2\nexit 1\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var options = new LabOptions { Name = LabId.NewRandom().Value, FabricProgram = program, CniProgram = program, GuestCache = Guests };
            LabException e = await Assert.ThrowsAsync<LabException>(() => FabricLab.UpAsync(options, progress: null, TestContext.Current.CancellationToken));
            Assert.Contains("fabric server", e.Message, StringComparison.Ordinal);
            Assert.Contains("the database is on fire", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(options.Name, FabricLab.List());
            Assert.DoesNotContain(Directory.GetFiles("/run/netns"), n => n.Contains($"fl{options.Name}-", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [NeedsRootFact]
    public async Task A_lab_of_a_name_in_use_is_refused_and_the_other_one_stays()
    {
        await using TestLab other = TestLab.Create(nodes: 1);
        await File.WriteAllTextAsync($"{other.Folder.Path}/begun", "", TestContext.Current.CancellationToken);
        var options = new LabOptions { Name = other.Folder.Id.Value, FabricProgram = "/bin/sh", CniProgram = "/bin/sh", GuestCache = Guests };
        LabException e = await Assert.ThrowsAsync<LabException>(() => FabricLab.UpAsync(options, progress: null, TestContext.Current.CancellationToken));
        Assert.Contains("exists", e.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(other.Folder.Path));
    }

    [NeedsRootFact]
    public void A_lab_that_is_not_there_is_named() =>
        Assert.Contains("'nolab'", Assert.Throws<LabException>(() => FabricLab.Open("nolab")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public async Task A_number_of_nodes_out_of_range_is_refused(int nodes)
    {
        var options = new LabOptions { Nodes = nodes, FabricProgram = "/bin/sh", CniProgram = "/bin/sh", GuestCache = Guests };
        LabException e = await Assert.ThrowsAsync<LabException>(() => FabricLab.UpAsync(options, progress: null, TestContext.Current.CancellationToken));
        Assert.Contains("1 to 16", e.Message, StringComparison.Ordinal);
    }

    private static string Guests => Path.Combine(Path.GetTempPath(), "fabric-test-guests");
}
