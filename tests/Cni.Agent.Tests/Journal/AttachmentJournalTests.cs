using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cni.Agent.Tests.Journal;

public sealed class AttachmentJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-journal-").FullName;
    private readonly AttachmentJournal _journal;

    public AttachmentJournalTests() => _journal = new AttachmentJournal(_folder, NullLogger.Instance);

    [Fact]
    public void Record_is_found_as_written_overwritten_and_removed()
    {
        var record = Record("c1");
        _journal.Write(record);
        Assert.Equal(record, _journal.Find(record.Key));

        _journal.Write(record with { Step = AttachmentStep.Finished });
        _journal.Write(Record("c2"));
        Assert.Equal(AttachmentStep.Finished, _journal.Find(record.Key)!.Step);
        Assert.Equal(2, _journal.ReadAll().Count);

        _journal.Remove(record.Key);
        _journal.Remove(record.Key);
        Assert.Null(_journal.Find(record.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"containerId\":\"c1\"")]
    [InlineData("{\"containerId\":\"c1\"}")]
    [InlineData("{\"step\":\"Unheard\"}")]
    public void File_that_cannot_be_read_is_put_aside_and_stands_in_nobodys_way(string content)
    {
        var record = Record("c1");
        _journal.Write(record);
        var file = Assert.Single(Directory.GetFiles(_folder));
        File.WriteAllText(file, content);

        var later = new AttachmentJournal(_folder, NullLogger.Instance);
        Assert.Null(later.Find(record.Key));
        Assert.Empty(later.ReadAll());
        Assert.Equal([file + ".unreadable"], Directory.GetFiles(_folder));
        later.Write(record);
        Assert.Equal(record, later.Find(record.Key));
    }

    [Fact]
    public void Write_cut_off_before_its_rename_leaves_the_record_of_before()
    {
        var record = Record("c1");
        _journal.Write(record);
        var whole = Assert.Single(Directory.GetFiles(_folder));
        File.WriteAllText(whole + ".new", "{\"cont");

        Assert.Equal(record, Assert.Single(new AttachmentJournal(_folder, NullLogger.Instance).ReadAll()));
        Assert.Equal([whole], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Later_write_counts_when_the_file_of_before_was_not_removed()
    {
        var record = Record("c1");
        _journal.Write(record);
        var before = Assert.Single(Directory.GetFiles(_folder));
        var content = File.ReadAllText(before);
        for (var i = 0; i < 10; i++)
            _journal.Write(record with { Step = AttachmentStep.Started });
        _journal.Write(record with { Step = AttachmentStep.Finished });
        var last = Assert.Single(Directory.GetFiles(_folder));
        File.WriteAllText(before, content);

        var later = new AttachmentJournal(_folder, NullLogger.Instance);

        Assert.Equal(AttachmentStep.Finished, Assert.Single(later.ReadAll()).Step);
        Assert.Equal([last], Directory.GetFiles(_folder));
        later.Write(record with { Step = AttachmentStep.Releasing });
        Assert.Equal(AttachmentStep.Releasing, Assert.Single(new AttachmentJournal(_folder, NullLogger.Instance).ReadAll()).Step);
    }

    [Fact]
    public void Record_is_the_same_for_the_next_agent()
    {
        var record = Record("c1") with { Step = AttachmentStep.Finished, SwitchPort = "ov1", IfaceId = "default/pod.a.eth0", Since = DateTimeOffset.UnixEpoch };
        _journal.Write(record);

        var later = new AttachmentJournal(_folder, NullLogger.Instance);

        Assert.Equal(record, later.Find(record.Key));
        Assert.Equal(record, Assert.Single(later.OfPort("ov1")));
    }

    /// <summary>Agents of before named the port by the attachment and did not say it.</summary>
    [Fact]
    public void Port_of_an_earlier_agents_record_has_the_name_that_it_was_given()
    {
        var names = DeviceNames.Of(Record("c1"));

        Assert.Equal("ov" + names.Endpoint[2..], names.SwitchPort);
        Assert.Equal("ov7", DeviceNames.Of(Record("c1") with { SwitchPort = "ov7" }).SwitchPort);
    }

    [Fact]
    public void Device_names_follow_from_the_attachment_and_fit_the_kernel()
    {
        var names = DeviceNames.Of(Record("c1"));

        Assert.Equal(names, DeviceNames.Of(Record("c1")));
        Assert.NotEqual(names, DeviceNames.Of(Record("c1") with { Interface = "eth1" }));
        Assert.True(Netlink.LinkName.IsValid(names.Endpoint) && Netlink.LinkName.IsValid(names.SwitchPort));
        Assert.True(DeviceNames.IsEndpoint(names.Endpoint));
        Assert.False(DeviceNames.IsEndpoint(names.SwitchPort));
        Assert.False(DeviceNames.IsEndpoint("fbsomeoneelse"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static AttachmentRecord Record(string container) => new()
    {
        ContainerId = container,
        Interface = "eth0",
        Netns = "/run/netns/x",
        Step = AttachmentStep.Pending,
        NicNamespace = "default",
        NicName = "pod.a.eth0",
        PodName = "a",
        PodUid = "u",
    };
}
