using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube.Events;

/// <summary>
/// Tells people what happened to an object, as <c>kubectl describe</c> shows it. The same thing said again raises the count of one
/// Event instead of making another, also after a restart; one object cannot flood the store.
/// </summary>
/// <remarks>Events are for people and may be lost: when the server is slow the oldest unwritten ones are dropped.</remarks>
public sealed class EventRecorder
{
    private const int QueueLength = 1024;

    private readonly KubeResource<Event> _events;
    private readonly EventSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventRateLimit _limit;
    private readonly Channel<Event> _queue = Channel.CreateBounded<Event>(new BoundedChannelOptions(QueueLength)
    {
        FullMode = BoundedChannelFullMode.DropOldest,
        SingleReader = true,
    });

    /// <summary>Prepares the recorder; <see cref="RunAsync"/> writes.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="component">The program that speaks, shown as the event's source.</param>
    /// <param name="host">The node it runs on, or null.</param>
    public EventRecorder(KubeClient client, string component, string? host = null)
    {
        _events = client.Resource(ResourceTypes.Events);
        _source = new EventSource { Component = component, Host = host };
        _time = client.Options.Time;
        _logger = client.Options.Logger;
        _limit = new EventRateLimit(_time);
    }

    /// <summary>Says that something happened as it should.</summary>
    public void Normal(IKubeObject about, string reason, string message) => Record(Reference(about), "Normal", reason, message);

    /// <summary>Says that something went wrong or was not honoured.</summary>
    public void Warning(IKubeObject about, string reason, string message) => Record(Reference(about), "Warning", reason, message);

    /// <summary>Says what happened to an object that is only known by reference. Never waits.</summary>
    public void Record(ObjectReference about, string type, string reason, string message)
    {
        var now = _time.GetUtcNow();
        _queue.Writer.TryWrite(new Event
        {
            Metadata = new ObjectMeta { Name = NameOf(about, type, reason, message), Namespace = about.Namespace ?? "default" },
            InvolvedObject = about,
            Type = type,
            Reason = reason,
            Message = message,
            Count = 1,
            FirstTimestamp = now,
            LastTimestamp = now,
            Source = _source,
        });
    }

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in _queue.Reader.ReadAllAsync(cancellationToken))
        {
            if (!_limit.Admit(entry.InvolvedObject.Uid ?? entry.InvolvedObject.Name ?? ""))
                continue;
            try
            {
                await WriteAsync(entry, cancellationToken);
            }
            catch (KubeException e)
            {
                _logger.LogDebug("event {Reason} about {Name} was not written: {Message}", entry.Reason, entry.InvolvedObject.Name, e.Message);
            }
        }
    }

    private async Task WriteAsync(Event entry, CancellationToken cancellationToken)
    {
        try
        {
            await _events.CreateAsync(entry, cancellationToken);
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            await _events.MutateAsync(
                _events.Type.KeyOf(entry),
                known => known with { Count = (known.Count ?? 1) + 1, LastTimestamp = entry.LastTimestamp },
                cancellationToken);
        }
    }

    /// <summary>The same statement about the same object has the same name, so counting needs no memory of our own.</summary>
    private static string NameOf(ObjectReference about, string type, string reason, string message)
    {
        var statement = string.Join('\n', about.Kind, about.Uid, type, reason, message);
        return $"{about.Name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(statement)).AsSpan(0, 8))}";
    }

    private static ObjectReference Reference(IKubeObject about) => new()
    {
        ApiVersion = about.ApiVersion,
        Kind = about.Kind,
        Namespace = about.Metadata.Namespace,
        Name = about.Metadata.Name,
        Uid = about.Metadata.Uid,
        ResourceVersion = about.Metadata.ResourceVersion,
    };
}
