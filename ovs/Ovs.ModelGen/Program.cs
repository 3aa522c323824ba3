using Ovs.ModelGen;

// ovs-modelgen OVS_FOLDER [NORTHBOUND_SCHEMA [VSWITCH_SCHEMA [SOUTHBOUND_SCHEMA]]]
if (args.Length is < 1 or > 4)
{
    Console.Error.WriteLine("usage: Ovs.ModelGen OVS_FOLDER [NORTHBOUND_SCHEMA [VSWITCH_SCHEMA [SOUTHBOUND_SCHEMA]]]");
    return 2;
}

foreach (var (model, index) in Model.All.Select((model, index) => (model, index)))
{
    var path = args.ElementAtOrDefault(index + 1) ?? model.DefaultSchemaPath;
    if (!File.Exists(path))
    {
        Console.Error.WriteLine($"{path} is missing: install the Debian package {model.Package}, or name the schema file.");
        return 1;
    }

    var folder = Path.Combine(args[0], model.Folder);
    Directory.CreateDirectory(folder);
    var files = model.Generate(Schema.Load(path));
    foreach (var stale in Directory.EnumerateFiles(folder, "*.cs").Where(file => !files.ContainsKey(Path.GetFileName(file))))
    {
        File.Delete(stale);
    }

    foreach (var (name, text) in files)
    {
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    Console.WriteLine($"{model.Namespace}: {files.Count} files from {path}");
}

return 0;
