using System.Net.Sockets;
using System.Text.Json;

namespace Cni.Plugin;

/// <summary>
/// The CNI plugin: forwards the runtime's request to the node agent and prints its answer. It decides nothing but what
/// can be decided without the agent: the VERSION command, and requests that are no requests.
/// </summary>
internal static class Forwarder
{
    /// <summary>The most bytes of a configuration or an answer.</summary>
    internal const int MaxBytes = 1 << 20;

    // Longer than the agent's own budget for one request (two minutes), so that the agent's answer, which says what it
    // waited for, is the one the runtime sees; shorter than the kubelet's four minutes for a sandbox.
    private static readonly TimeSpan AnswerBudget = TimeSpan.FromSeconds(150);

    // The commands that need a container, as the specification lists their variables.
    private static readonly string[] ContainerCommands = ["ADD", "DEL", "CHECK"];

    /// <summary>Serves one call.</summary>
    /// <returns>The exit code.</returns>
    internal static int Run(Func<string, string?> variable, Stream input, Stream output)
    {
        var version = Newest;
        try
        {
            var command = variable("CNI_COMMAND") ?? throw new Failure(4, "CNI_COMMAND is missing", "A container runtime sets it; to try the plugin by hand, set CNI_COMMAND=VERSION");
            var config = ReadAll(input, "standard input");
            if (command == "VERSION")
            {
                output.Write(VersionAnswer(config));
                return 0;
            }

            using var document = Parse(config);
            version = VersionOf(document.RootElement) ?? throw new Failure(1, "the network configuration has no cniVersion, which means 0.1.0", $"Spoken are {string.Join(", ", Spoken)}");
            Require(command, variable);
            var socket = SocketOf(document.RootElement);
            return Forward(socket, command, Request(command, variable, document.RootElement), output);
        }
        catch (Failure failure)
        {
            output.Write(Error(version, failure));
            return 1;
        }
    }

    private const string Newest = "1.1.0";

    private static readonly string[] Spoken = ["0.3.1", "0.4.0", "1.0.0", Newest];

    private static void Require(string command, Func<string, string?> variable)
    {
        if (command is not ("ADD" or "DEL" or "CHECK" or "GC" or "STATUS"))
        {
            throw new Failure(4, $"CNI_COMMAND={command} is not known", "Known are ADD, DEL, CHECK, GC, STATUS and VERSION");
        }

        if (!ContainerCommands.Contains(command))
        {
            return;
        }

        // At DEL the namespace may be gone already: its path is then empty.
        string[] needed = command == "DEL" ? ["CNI_CONTAINERID", "CNI_IFNAME"] : ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"];
        var missing = needed.Where(name => string.IsNullOrEmpty(variable(name))).ToArray();
        if (missing.Length > 0)
        {
            throw new Failure(4, $"missing: {string.Join(", ", missing)}", "The container runtime sets these variables");
        }
    }

    private static byte[] Request(string command, Func<string, string?> variable, JsonElement config)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("command", command);
            json.WriteString("containerId", variable("CNI_CONTAINERID") ?? "");
            json.WriteString("netns", variable("CNI_NETNS") ?? "");
            json.WriteString("ifname", variable("CNI_IFNAME") ?? "");
            json.WriteString("args", variable("CNI_ARGS") ?? "");
            json.WriteString("path", variable("CNI_PATH") ?? "");
            json.WritePropertyName("config");
            config.WriteTo(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static int Forward(string path, string command, byte[] request, Stream output)
    {
        // "Try again later" for every trouble of the way: the kubelet repeats ADD, and DEL must be repeated so that nothing
        // is lost. STATUS has a code of its own for it; what is plugged in goes on without an agent.
        var code = command == "STATUS" ? 50 : 11;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.SendTimeout = socket.ReceiveTimeout = (int)AnswerBudget.TotalMilliseconds;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            using var stream = new NetworkStream(socket);
            stream.Write(request);
            return Print(ReadAll(stream, "the agent's answer"), code, output);
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            throw new Failure(
                code,
                $"the node agent does not answer at {path}",
                $"{e.Message}. Is fabric agent running on this node?");
        }
    }

    private static int Print(byte[] answer, int code, Stream output)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            var exitCode = root.GetProperty("exitCode").GetInt32();
            if (root.TryGetProperty("output", out var body) && body.ValueKind == JsonValueKind.Object)
            {
                using var json = new Utf8JsonWriter(output);
                body.WriteTo(json);
            }

            return exitCode;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new Failure(code, "the node agent's answer cannot be read", $"{e.Message}. It may have been ended while it answered");
        }
    }

    /// <summary>VERSION is answered in the version asked in, with all that are spoken (CNI SPEC, "VERSION").</summary>
    private static byte[] VersionAnswer(byte[] config)
    {
        string version = Newest;
        if (config.Length > 0)
        {
            using var document = Parse(config);
            version = VersionOf(document.RootElement) ?? Newest;
        }

        return Write(json =>
        {
            json.WriteString("cniVersion", version);
            json.WriteStartArray("supportedVersions");
            foreach (var each in Spoken)
            {
                json.WriteStringValue(each);
            }

            json.WriteEndArray();
        });
    }

    private static byte[] Error(string version, Failure failure) => Write(json =>
    {
        json.WriteString("cniVersion", version);
        json.WriteNumber("code", failure.Code);
        json.WriteString("msg", failure.Message);
        if (failure.Details is not null)
        {
            json.WriteString("details", failure.Details);
        }
    });

    private static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static JsonDocument Parse(byte[] config)
    {
        try
        {
            var document = JsonDocument.Parse(config, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new Failure(6, "the network configuration is no JSON object", null);
        }
        catch (JsonException e)
        {
            throw new Failure(6, "the network configuration is no JSON", $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private static string? VersionOf(JsonElement config) =>
        config.TryGetProperty("cniVersion", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string SocketOf(JsonElement config) =>
        config.TryGetProperty("socket", out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } path
            ? path
            : throw new Failure(7, "the network configuration has no socket", "Add \"socket\" with the path given to fabric agent --socket");

    private static byte[] ReadAll(Stream stream, string what)
    {
        var buffer = new MemoryStream();
        var piece = new byte[16 * 1024];
        int read;
        while ((read = stream.Read(piece)) > 0)
        {
            buffer.Write(piece, 0, read);
            if (buffer.Length > MaxBytes)
            {
                throw new Failure(6, $"{what} is larger than {MaxBytes} bytes", null);
            }
        }

        return buffer.ToArray();
    }

    /// <summary>A failure of the specification's codes.</summary>
    private sealed class Failure(int code, string message, string? details) : Exception(message)
    {
        internal int Code { get; } = code;

        internal string? Details { get; } = details;
    }
}
