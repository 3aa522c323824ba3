using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ovs.Ovsdb;

internal static class Json
{
    /// <summary>The peer is a database and not a web page: text need not be escaped beyond what JSON asks.</summary>
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
