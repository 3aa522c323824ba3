namespace Fabric.ApiServer.Selectors;

/// <summary>Reads a selector's words and marks; blanks between them mean nothing.</summary>
internal ref struct SelectorScanner(string text)
{
    private int _at = SkipBlanks(text, 0);

    public readonly bool AtEnd => _at >= text.Length;

    public readonly char Next => text[_at];

    public bool TryTake(char mark)
    {
        if (AtEnd || text[_at] != mark) return false;
        _at = SkipBlanks(text, _at + 1);
        return true;
    }

    public void Expect(char mark)
    {
        if (!TryTake(mark)) throw Unexpected($"'{mark}'");
    }

    /// <summary>Everything up to a mark or blank; empty when one comes at once.</summary>
    public string Word()
    {
        var start = _at;
        while (_at < text.Length && !"=!,()<> \t".Contains(text[_at]))
            _at++;
        var word = text[start.._at];
        _at = SkipBlanks(text, _at);
        return word;
    }

    public readonly FormatException Unexpected(string expected)
        => new(AtEnd ? $"unable to parse requirement: found end of text, expected: {expected}" : $"unable to parse requirement: found '{text[_at..]}', expected: {expected}");

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && text[at] is (' ' or '\t'))
            at++;
        return at;
    }
}
