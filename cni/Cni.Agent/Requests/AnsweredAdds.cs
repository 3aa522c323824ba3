using System.Collections.Concurrent;
using Cni.Agent.Journal;

namespace Cni.Agent.Requests;

/// <summary>
/// The attachments for which this agent has answered an ADD: another ADD for one of them is refused. Of what an earlier agent
/// made nobody knows whether its answer arrived, so that it is given once more.
/// </summary>
internal sealed class AnsweredAdds
{
    private readonly ConcurrentDictionary<AttachmentKey, bool> _keys = [];

    internal bool Has(AttachmentKey key) => _keys.ContainsKey(key);

    internal void Add(AttachmentKey key) => _keys[key] = true;

    internal void Remove(AttachmentKey key) => _keys.TryRemove(key, out _);
}
