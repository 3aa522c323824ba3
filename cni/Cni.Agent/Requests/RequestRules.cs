using System.Text.Json;
using System.Text.RegularExpressions;
using Cni.Agent.Journal;
using Cni.Agent.Serving;
using Cni.Protocol;

namespace Cni.Agent.Requests;

/// <summary>What every request must keep to (CNI SPEC, "Parameters" and section 1).</summary>
internal static partial class RequestRules
{
    /// <summary>The longest name that an object of the API can have.</summary>
    internal const int LongestName = 253;

    private static readonly string[] KnownArguments = [CniArguments.IgnoreUnknownKey, "IP", "MAC"];

    /// <summary>The attachment that a request is about.</summary>
    /// <exception cref="CniFailure">The container's id is none.</exception>
    internal static AttachmentKey KeyOf(CniRequest request) => Identifier().IsMatch(request.ContainerId)
        ? new AttachmentKey(request.ContainerId, string.IsNullOrEmpty(request.Config.Device) ? request.Ifname : request.Config.Device)
        : throw new CniFailure(
            CniErrorCode.InvalidEnvironment, $"CNI_CONTAINERID={request.ContainerId} is no container's id", "It begins with a letter or digit and has letters, digits, '.', '_' and '-'");

    /// <summary>The network's name, which the specification demands.</summary>
    /// <exception cref="CniFailure">There is none, or it is none.</exception>
    internal static string NetworkOf(CniRequest request) => request.Config.Name is { } name && Identifier().IsMatch(name)
        ? name
        : throw new CniFailure(
            CniErrorCode.InvalidConfig, $"name: \"{request.Config.Name}\" is no network's name", "It begins with a letter or digit and has letters, digits, '.', '_' and '-'");

    /// <summary>Whether the kernel takes the device's name.</summary>
    /// <exception cref="CniFailure">It does not.</exception>
    internal static void CheckDevice(string device, CniRequest request)
    {
        if (!Netlink.LinkName.IsValid(device) || device is "lo" or "all" or "default")
        {
            throw device == request.Ifname
                ? new CniFailure(CniErrorCode.InvalidEnvironment, $"CNI_IFNAME={device} is no name of a device", DeviceNameRule)
                : new CniFailure(CniErrorCode.InvalidConfig, $"device: \"{device}\" is no name of a device", DeviceNameRule);
        }
    }

    /// <summary>What <c>CNI_ARGS</c> says.</summary>
    /// <exception cref="CniFailure">It cannot be read, or says something unknown without <c>IgnoreUnknown</c>.</exception>
    internal static CniArguments ArgumentsOf(CniRequest request)
    {
        if (!CniArguments.TryParse(request.Args, out var arguments, out var problem))
        {
            throw new CniFailure(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: {problem}");
        }

        var unknown = arguments.Keys.Where(key => !KnownArguments.Contains(key, StringComparer.Ordinal) && !key.StartsWith("K8S_POD_", StringComparison.Ordinal)).ToArray();
        return unknown.Length == 0 || arguments.IgnoresUnknown
            ? arguments
            : throw new CniFailure(CniErrorCode.InvalidEnvironment, $"CNI_ARGS has {string.Join(", ", unknown)}, which mean nothing here", "IgnoreUnknown=1 in it allows them");
    }

    /// <summary>Reads a part of the configuration.</summary>
    /// <exception cref="CniFailure">It is not what it should be.</exception>
    internal static T? Read<T>(string field, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            var path = (e.Path ?? "$").TrimStart('$');
            throw new CniFailure(CniErrorCode.InvalidConfig, $"{field}{path} cannot be read", e.Message, e);
        }
    }

    private const string DeviceNameRule = "1 to 15 bytes without '/', ':' and blanks";

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9_.\-]*\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Identifier();
}
