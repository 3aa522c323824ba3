using System.Collections.Concurrent;
using Fabric.Kube.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube.Tests.Testing;

/// <summary>An HTTP server that answers one request after the other as told; for answers that a real API server gives only on a bad day.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();

    private ScriptedServer(WebApplication web) => _web = web;

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Set by the test when it has read what comes before the break.</summary>
    public TaskCompletionSource MayBreak { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KubeConnection Connection => new() { Server = new Uri(_web.Urls.Single()) };

    public static async Task<ScriptedServer> StartAsync(params Func<HttpContext, Task>[] script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        var server = new ScriptedServer(web);
        foreach (var step in script)
            server._script.Enqueue(step);
        web.Run(server.AnswerAsync);
        await web.StartAsync();
        return server;
    }

    public static Func<HttpContext, Task> Json(string body, int code = 200, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Status(int code, string reason, string message, string details = "{}") =>
        Json($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{{message}}","reason":"{{reason}}","details":{{details}},"code":{{code}}}""", code);

    /// <summary>Sends lines of a watch and then ends it, breaks off, or leaves it open until the client goes.</summary>
    public static Func<HttpContext, Task> Watch(Ending ending, params string[] lines) => async context =>
    {
        context.Response.ContentType = "application/json";
        foreach (var line in lines)
            await context.Response.WriteAsync(line);
        await context.Response.Body.FlushAsync();
        if (ending == Ending.Break)
        {
            // A reset overtakes what the client has not read yet.
            await ((ScriptedServer)context.Items[nameof(ScriptedServer)]!).MayBreak.Task;
            context.Abort();
        }
        else if (ending == Ending.StayOpen)
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    };

    public static Func<HttpContext, Task> Never() => context =>
        Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    private Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        context.Items[nameof(ScriptedServer)] = this;
        if (_script.TryDequeue(out var step))
            return step(context);
        context.Response.StatusCode = 500;
        return context.Response.WriteAsync("the script is over");
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}

public enum Ending
{
    End,
    Break,
    StayOpen,
}
