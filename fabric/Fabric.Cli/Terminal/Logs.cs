using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Fabric.Cli.Terminal;

/// <summary>How the long-running commands log: a line each, in UTC, to standard error.</summary>
internal static class Logs
{
    private const string Text = "text";
    private const string Json = "json";
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    internal static Option<string> FormatOption()
    {
        var option = new Option<string>("--log-format") { Description = "How log lines are written: text, or json with what a line is about as fields", DefaultValueFactory = _ => Text };
        option.AcceptOnlyFromAmong(Text, Json);
        return option;
    }

    /// <param name="format">As <see cref="FormatOption"/> has it.</param>
    internal static ILoggerFactory ToStandardError(string? format = null) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // That it could not start, which is thrown as well and then said in one line.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (format == Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp.TrimEnd();
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp;
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
    });
}
