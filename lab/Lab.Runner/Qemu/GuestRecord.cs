using System.Text.Json.Serialization;

namespace Lab.Runner.Qemu;

/// <summary>How a later program finds a guest's process.</summary>
internal sealed record GuestRecord(int Pid, ulong StartTicks);

[JsonSerializable(typeof(GuestRecord))]
internal sealed partial class GuestJson : JsonSerializerContext;
