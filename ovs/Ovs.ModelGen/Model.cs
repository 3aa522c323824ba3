using System.Collections.Immutable;
using System.Text;

namespace Ovs.ModelGen;

/// <summary>A project of generated rows: which schema, which tables of it, and where they go.</summary>
/// <param name="Namespace">The project and its namespace.</param>
/// <param name="DatabaseClass">The class that names the database.</param>
/// <param name="DefaultSchemaPath">Where Debian's package installs the schema.</param>
/// <param name="Package">That package.</param>
/// <param name="ManualPage">What describes the columns.</param>
/// <param name="Tables">The tables in use.</param>
public sealed record Model(
    string Namespace, string DatabaseClass, string DefaultSchemaPath, string Package, string ManualPage, ImmutableArray<string> Tables)
{
    /// <summary>OVN's northbound database.</summary>
    public static Model Northbound { get; } = new(
        "Ovs.Northbound",
        "NorthboundDatabase",
        "/usr/share/ovn/ovn-nb.ovsschema",
        "ovn-common",
        "ovn-nb(5)",
        [
            "ACL", "Address_Set", "DHCP_Options", "Logical_Router", "Logical_Router_Port", "Logical_Router_Static_Route", "Logical_Switch",
            "Logical_Switch_Port", "NB_Global", "Port_Group", "QoS", "Static_MAC_Binding",
        ]);

    /// <summary>OVN's southbound database.</summary>
    public static Model Southbound { get; } = new(
        "Ovs.Southbound",
        "SouthboundDatabase",
        "/usr/share/ovn/ovn-sb.ovsschema",
        "ovn-common",
        "ovn-sb(5)",
        ["Datapath_Binding", "Port_Binding"]);

    /// <summary>Open vSwitch's configuration database.</summary>
    public static Model Vswitch { get; } = new(
        "Ovs.Vswitch",
        "VswitchDatabase",
        "/usr/share/openvswitch/vswitch.ovsschema",
        "openvswitch-common",
        "ovs-vswitchd.conf.db(5)",
        ["Bridge", "Interface", "Open_vSwitch", "Port", "SSL"]);

    /// <summary>Every model, in the order they are generated.</summary>
    public static ImmutableArray<Model> All { get; } = [Northbound, Vswitch, Southbound];

    /// <summary>The folder of the generated files, below the folder <c>ovs</c>.</summary>
    public string Folder => Path.Combine(Namespace, "Generated");

    /// <summary>The generated files: name and text.</summary>
    public ImmutableSortedDictionary<string, string> Generate(Schema schema)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var name in Tables)
        {
            files.Add($"{Naming.Pascal(name)}.cs", new RowWriter(this, schema, schema.Tables[name]).Write());
        }

        files.Add($"{DatabaseClass}.cs", WriteDatabase(schema));
        return files.ToImmutable();
    }

    private string WriteDatabase(Schema schema)
    {
        var text = new StringBuilder(RowWriter.Header(schema));
        text.Append(
            $$"""
            using System.Collections.Immutable;
            using Ovs.Ovsdb;

            namespace {{Namespace}};

            /// <summary>Database <c>{{schema.Name}}</c>: {{ManualPage}}.</summary>
            public static class {{DatabaseClass}}
            {
                /// <summary>The database's name.</summary>
                public const string Name = "{{schema.Name}}";

                /// <summary>The version of the schema that the rows were generated from.</summary>
                public const string SchemaVersion = "{{schema.Version}}";

                /// <summary>The tables that have a row type here.</summary>
                public static ImmutableArray<Table> Tables { get; } =
                [

            """);
        foreach (var name in Tables)
        {
            text.Append($"        {Naming.Pascal(name)}.Table,\n");
        }

        return text.Append("    ];\n}\n").ToString();
    }
}
