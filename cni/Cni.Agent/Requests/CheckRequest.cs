using Cni.Agent.Journal;
using Cni.Agent.Serving;
using Cni.Protocol;

namespace Cni.Agent.Requests;

/// <summary>What a CHECK is to find: what was made, as far as the chain's last result still has it.</summary>
internal static class CheckRequest
{
    /// <returns>The record with the result that is to be found, or what is wrong without looking.</returns>
    /// <exception cref="CniFailure">The runtime does not say what the chain's last result was.</exception>
    internal static (AttachmentRecord? Expected, string? Fault) Of(CniRequest request, AttachmentRecord? record)
    {
        var last = RequestRules.Read("prevResult", request.Config.ReadPrevResult)
            ?? throw new CniFailure(CniErrorCode.InvalidConfig, "prevResult is missing", "CHECK compares with the result of ADD, which the runtime keeps");
        if (record is null)
        {
            return (null, "nothing is known of it");
        }

        if (record.Result is not { } own)
        {
            return (record, null);
        }

        if (ResultChain.InSandbox(last, record.Interface) is null)
        {
            return (null, $"prevResult has no interface {record.Interface} of a container");
        }

        var expected = ResultChain.Remaining(own, last);
        var (given, now) = (ResultChain.InSandbox(own, record.Interface)?.Mac, ResultChain.InSandbox(expected, record.Interface)?.Mac);
        return string.Equals(given, now, StringComparison.OrdinalIgnoreCase)
            ? (record with { Result = expected }, null)
            : (null, $"another plugin has given {record.Interface} the MAC {now}, and OVN lets only {given} pass");
    }
}
