namespace Fabric.Kube.Configuration;

/// <summary>
/// The secret sent as <c>Authorization: Bearer</c>, either fixed or kept in a file that somebody else rotates
/// (a projected service account token lives one hour).
/// </summary>
public sealed class BearerToken
{
    /// <summary>Far shorter than the ten minutes of grace that kubelet leaves between rotation and expiry.</summary>
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMinutes(1);

    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private string? _value;
    private long _readAt;

    private BearerToken(string? value, string? path, TimeProvider time)
    {
        _value = value;
        _path = path;
        _time = time;
    }

    /// <summary>A token that does not change.</summary>
    public static BearerToken Fixed(string value) => new(value, path: null, TimeProvider.System);

    /// <summary>A token read from <paramref name="path"/>, again after a minute and after the server refused it.</summary>
    public static BearerToken FromFile(string path, TimeProvider? time = null) => new(value: null, path, time ?? TimeProvider.System);

    /// <summary>The token to send now.</summary>
    /// <exception cref="KubeConfigException">The file cannot be read and no earlier value is known.</exception>
    public string Read()
    {
        if (_path is null)
            return _value!;
        lock (_gate)
        {
            if (_value is not null && _time.GetElapsedTime(_readAt) < RereadAfter)
                return _value;
            try
            {
                _value = File.ReadAllText(_path).Trim();
                _readAt = _time.GetTimestamp();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && _value is not null)
            {
                // The file is being replaced; the earlier token is still good, and the server says so if it is not.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new KubeConfigException(_path, $"the bearer token cannot be read: {e.Message}", e);
            }
            return _value;
        }
    }

    /// <summary>Makes the next <see cref="Read"/> look at the file again: the server refused the token.</summary>
    internal void Invalidate()
    {
        if (_path is null)
            return;
        lock (_gate)
            _readAt = _time.GetTimestamp() - (long)(RereadAfter.TotalSeconds * _time.TimestampFrequency);
    }
}
