namespace Fabric.Cli.Applying;

/// <summary>How manifests are applied.</summary>
/// <param name="DryRun">The server does everything but store.</param>
/// <param name="Force">Fields that others manage are taken over.</param>
/// <param name="Validation">What the server does about unknown fields: <c>Strict</c>, <c>Warn</c> or <c>Ignore</c>.</param>
internal sealed record ApplyOptions(bool DryRun, bool Force, string Validation);
