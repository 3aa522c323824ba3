namespace Cni.Protocol;

/// <summary>A failure as the runtime reads it (CNI SPEC, section 5 "Error").</summary>
public sealed record CniError
{
    /// <summary>The version this error is written in.</summary>
    public string? CniVersion { get; init; }

    /// <summary>See <see cref="CniErrorCode"/>.</summary>
    public required int Code { get; init; }

    /// <summary>One line: what is the matter.</summary>
    public required string Msg { get; init; }

    /// <summary>More for people: what to do.</summary>
    public string? Details { get; init; }
}

/// <summary>The codes of the specification, and from 100 on Fabric's own.</summary>
public static class CniErrorCode
{
    /// <summary>The configuration's version is not supported.</summary>
    public const int IncompatibleVersion = 1;

    /// <summary>A field of the configuration is not supported; the message names it.</summary>
    public const int UnsupportedField = 2;

    /// <summary>The container is not known.</summary>
    public const int UnknownContainer = 3;

    /// <summary>A <c>CNI_*</c> variable is missing or wrong; the message names it.</summary>
    public const int InvalidEnvironment = 4;

    /// <summary>The agent or a file failed.</summary>
    public const int InputOutput = 5;

    /// <summary>The configuration is no JSON, or no network configuration.</summary>
    public const int MalformedContent = 6;

    /// <summary>The configuration is understood and wrong.</summary>
    public const int InvalidConfig = 7;

    /// <summary>The runtime should try again later.</summary>
    public const int TryAgainLater = 11;

    /// <summary>STATUS: the plugin cannot serve ADD.</summary>
    public const int NotAvailable = 50;

    /// <summary>STATUS: it cannot serve ADD, and existing attachments may be cut off.</summary>
    public const int LimitedConnectivity = 51;

    /// <summary>The Nic cannot be had until somebody changes an object; the message says what.</summary>
    public const int Refused = 100;

    /// <summary>CHECK: the attachment is not as it was made.</summary>
    public const int NotAsMade = 101;
}
