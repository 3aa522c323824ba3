namespace Fabric.Bench.Servers;

/// <summary>The file of a standalone OVSDB database: a record for each committed transaction (ovsdb(5), "Standalone Format").</summary>
internal static class DatabaseLog
{
    private const int BufferBytes = 1 << 16;

    /// <summary>How many records it has after the first, which is the schema.</summary>
    internal static long CountRecords(Stream file)
    {
        // A record is a line that begins so, and one of JSON, in which nothing begins a line.
        var header = "OVSDB JSON "u8;
        var buffer = new byte[BufferBytes];
        var records = 0L;
        var matched = 0;
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            foreach (var value in buffer.AsSpan(0, count))
            {
                if (value == (byte)'\n')
                {
                    matched = 0;
                }
                else if (matched >= 0)
                {
                    matched = value == header[matched] ? matched + 1 : -1;
                    if (matched == header.Length)
                    {
                        records++;
                        matched = -1;
                    }
                }
            }
        }

        return records - 1;
    }
}
