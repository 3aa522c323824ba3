using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fabric.ApiServer.InProcess;

/// <summary>One request and its answer. The answer begins when the pipeline flushes its body for the first time, or ends.</summary>
internal sealed class InProcessExchange : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IDisposable
{
    private readonly Pipe _body = new(new PipeOptions(useSynchronizationContext: false));
    private readonly StartingWriter _writer;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _aborted = new();
    private readonly DefaultHttpContext _context;
    private Task _run = Task.CompletedTask;

    public InProcessExchange(HttpRequestMessage request, UserInfo user)
    {
        _writer = new StartingWriter(_body.Writer, Start);
        RequestAborted = _aborted.Token;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(RequestOf(request));
        features.Set<IHttpResponseFeature>(this);
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set(new EmbeddingUser(user));
        _context = new DefaultHttpContext(features);
    }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    /// <summary>Not used: <see cref="Writer"/> is the way out.</summary>
    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    public Stream Stream => _writer.AsStream(leaveOpen: true);

    public PipeWriter Writer => _writer;

    public CancellationToken RequestAborted { get; set; }

    /// <summary>Returns when the answer has begun.</summary>
    public async Task BeginAsync(RequestPipeline pipeline)
    {
        _run = RunAsync(pipeline);
        if (!_run.IsCompleted) await Task.WhenAny(_run, _started.Task);
    }

    public HttpResponseMessage ToResponse(HttpRequestMessage request)
    {
        var response = new HttpResponseMessage((HttpStatusCode)StatusCode) { RequestMessage = request, Content = HasStarted ? new StreamedContent(this) : Whole() };
        foreach (var (name, values) in Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) response.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        return response;
    }

    public void Abort()
    {
        _aborted.Cancel();
        _started.TrySetResult();
    }

    /// <summary>Hangs up: what the pipeline still writes goes nowhere.</summary>
    public void Dispose()
    {
        Abort();
        _body.Reader.Complete();
        _aborted.Dispose();
    }

    public void DisableBuffering()
    {
        // Nothing is held back here.
    }

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        Start();
        return Task.CompletedTask;
    }

    public Task CompleteAsync() => _writer.FlushAsync().AsTask();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException();

    public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException();

    private static HttpRequestFeature RequestOf(HttpRequestMessage request)
    {
        var uri = request.RequestUri!;
        var feature = new HttpRequestFeature
        {
            Method = request.Method.Method,
            Scheme = uri.Scheme,
            Path = PathString.FromUriComponent(uri.AbsolutePath).Value!,
            QueryString = uri.Query,
            Body = request.Content?.ReadAsStream() ?? Stream.Null,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
            feature.Headers.Append(name, values.ToArray());
        if (request.Content is null) return feature;
        foreach (var (name, values) in request.Content.Headers.NonValidated)
            feature.Headers.Append(name, values.ToArray());
        feature.Headers.ContentLength = request.Content.Headers.ContentLength;
        return feature;
    }

    private async Task RunAsync(RequestPipeline pipeline)
    {
        try
        {
            await pipeline.InvokeAsync(_context);
            await _body.Writer.CompleteAsync(_aborted.IsCancellationRequested ? new IOException("the request was aborted") : null);
        }
        catch (Exception e)
        {
            // As a connection that breaks: whoever reads the answer is told.
            await _body.Writer.CompleteAsync(e);
        }
    }

    private void Start()
    {
        HasStarted = true;
        _started.TrySetResult();
    }

    private ByteArrayContent Whole()
    {
        _body.Reader.TryRead(out var read);
        var bytes = read.Buffer.ToArray();
        Dispose();
        return new ByteArrayContent(bytes);
    }

    /// <summary>An answer that is read as it is written. To dispose it is to hang up.</summary>
    private sealed class StreamedContent(InProcessExchange exchange) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(exchange._body.Reader.AsStream(leaveOpen: true));

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => exchange._body.Reader.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) exchange.Dispose();
            base.Dispose(disposing);
        }
    }
}
