using System.Text.Json.Nodes;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Writing;

/// <summary>What a write left behind.</summary>
/// <param name="Created">The object did not exist before.</param>
/// <param name="Warnings">For the client, one Warning header each.</param>
internal sealed record WriteResult(StoredObject Object, bool Created, IReadOnlyList<string> Warnings);

/// <summary>What a deletion did.</summary>
/// <param name="Removed">The object is gone; otherwise it waits for finalizers or its node.</param>
internal sealed record DeleteResult(StoredObject Object, bool Removed, IReadOnlyList<string> Warnings);

/// <summary>Makes the next version of an object out of the stored one.</summary>
/// <returns>A tree of the caller's own.</returns>
internal delegate JsonObject ObjectChange(StoredObject stored);
