using Ovs.ModelGen;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

public sealed class ModelGenTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_committed_rows_are_what_the_generator_writes(int index)
    {
        var model = Model.All[index];
        OvsdbServer.RequireInstalled(model.DefaultSchemaPath);
        var folder = Path.Combine(FindOvsFolder(), model.Folder);
        var committed = Directory.EnumerateFiles(folder).ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText);

        var generated = model.Generate(Schema.Load(model.DefaultSchemaPath));

        Assert.Equal(generated.Keys, committed.Keys.Order(StringComparer.Ordinal));
        Assert.All(generated, file => Assert.Equal(file.Value, committed[file.Key]));
    }

    private static string FindOvsFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "ovs");
    }
}
