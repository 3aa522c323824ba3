using Fabric.ApiServer.Authentication;

namespace Fabric.ApiServer.InProcess;

/// <summary>On a request of the embedding process: who makes it, which nobody outside can say.</summary>
internal sealed record EmbeddingUser(UserInfo User);
