using Fabric.Grains.Events;
using Fabric.Kube.Events;
using Fabric.Resources.Core;

namespace Fabric.Server.Control;

/// <summary>What grains have to say, as Events of the Kubernetes API.</summary>
internal sealed class EventSink(EventRecorder recorder) : IEventSink
{
    public void Normal(ObjectReference about, string reason, string message) => recorder.Record(about, "Normal", reason, message);

    public void Warning(ObjectReference about, string reason, string message) => recorder.Record(about, "Warning", reason, message);
}
