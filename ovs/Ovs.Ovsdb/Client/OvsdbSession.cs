namespace Ovs.Ovsdb;

/// <summary>One connection over which the replica has been brought up to date.</summary>
/// <remarks>
/// Operations worked out from the replica belong to the session in which it was read: were they sent after the
/// connection was lost and won again, they might undo or repeat what the replica did not show yet.
/// </remarks>
public sealed class OvsdbSession
{
    private readonly OvsdbConnection _connection;
    private readonly string _database;

    internal OvsdbSession(OvsdbConnection connection, string database)
    {
        _connection = connection;
        _database = database;
    }

    /// <summary>Carries out all operations or none, over this connection only.</summary>
    /// <returns>One result for each operation. What they changed is in the replica already.</returns>
    /// <exception cref="OvsdbException">
    /// An operation failed, the commit failed, or the connection broke or had been lost; then
    /// <see cref="OvsdbException.OutcomeUnknown"/> says whether the transaction may have been carried out.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the transaction may have been carried out.</exception>
    public Task<IReadOnlyList<OperationResult>> TransactAsync(IReadOnlyList<Operation> operations, CancellationToken cancellationToken) =>
        operations.Count == 0
            ? Task.FromResult<IReadOnlyList<OperationResult>>([])
            : _connection.TransactAsync(_database, operations, cancellationToken);
}
