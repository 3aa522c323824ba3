using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace Ovs.Vswitch.Control;

/// <summary>
/// The socket on which a daemon of OVS or OVN takes commands, as ovs-appctl(8) gives them: JSON-RPC 1.0, one string for an
/// answer.
/// </summary>
/// <param name="Path">The socket: <c>PROGRAM.PID.ctl</c>, or whatever its <c>--unixctl</c> said.</param>
public sealed record ControlSocket(string Path)
{
    private const int MaxAnswerBytes = 16 << 20;

    /// <summary>Finds the socket of a running daemon, in the first of some folders that has one: under its own name or one with its process id.</summary>
    /// <param name="folders">Such as <c>/var/run/openvswitch</c>.</param>
    /// <param name="program">Such as <c>ovn-controller</c>.</param>
    /// <returns>Null when there is none; those with the process id of one that was killed are passed over.</returns>
    public static ControlSocket? Find(IEnumerable<string> folders, string program) => folders
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, $"{program}.*.ctl").Where(IsOfLiving).Append(System.IO.Path.Combine(folder, $"{program}.ctl")))
        .Where(File.Exists)
        .Select(path => new ControlSocket(path))
        .FirstOrDefault();

    /// <summary>Gives one command.</summary>
    /// <returns>What the daemon answers.</returns>
    /// <exception cref="ControlException">The daemon refuses the command, or what it says is no answer.</exception>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public async Task<string> CallAsync(string command, CancellationToken cancellationToken, params string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Request(command, arguments), cancellationToken);
        var buffer = new byte[4096];
        for (var length = 0; ;)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, length < MaxAnswerBytes ? length * 2 : throw Broken("too long an answer"));
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            if (TryRead(buffer.AsSpan(0, length), out var answer))
            {
                return answer;
            }

            if (read == 0)
            {
                throw Broken("half an answer");
            }
        }
    }

    /// <summary>Reads an answer, if it is whole: nothing says how long it is but its own end.</summary>
    internal bool TryRead(ReadOnlySpan<byte> bytes, out string answer)
    {
        answer = "";
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, state: default);
        JsonDocument? document;
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out document))
            {
                return false;
            }
        }
        catch (JsonException)
        {
            throw Broken("no JSON");
        }

        using (document)
        {
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root)
            {
                if (root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.String)
                {
                    throw new ControlException($"{Path}: {error.GetString()!.Trim()}");
                }

                if (root.TryGetProperty("result", out var result) && result.ValueKind is JsonValueKind.String)
                {
                    answer = result.GetString()!.Trim();
                    return true;
                }
            }

            throw Broken("neither result nor error");
        }
    }

    private static bool IsOfLiving(string path) =>
        path.Split('.') is [.., var pid, _] && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out _) && Directory.Exists($"/proc/{pid}");

    private static byte[] Request(string command, string[] arguments)
    {
        using var request = new MemoryStream();
        using (var json = new Utf8JsonWriter(request))
        {
            json.WriteStartObject();
            json.WriteString("method", command);
            json.WriteStartArray("params");
            foreach (var argument in arguments)
            {
                json.WriteStringValue(argument);
            }

            json.WriteEndArray();
            json.WriteNumber("id", 0);
            json.WriteEndObject();
        }

        return request.ToArray();
    }

    private ControlException Broken(string what) => new($"{Path} gave {what}");
}
