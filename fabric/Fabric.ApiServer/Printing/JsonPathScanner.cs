using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Printing;

/// <summary>Reads the text of a <see cref="JsonPath"/>.</summary>
internal sealed class JsonPathScanner(string text)
{
    private const int MostSteps = 64;

    private int _at;

    /// <param name="nested">Inside a filter, where blanks, operators and a parenthesis end the path.</param>
    public ImmutableArray<JsonPath.Step> Steps(bool nested)
    {
        var steps = ImmutableArray.CreateBuilder<JsonPath.Step>();
        if (Peek is '$' or '@') _at++;
        while (_at < text.Length && !(nested && Peek is (' ' or '=' or '!' or '<' or '>' or ')')))
        {
            if (steps.Count == MostSteps) throw Wrong($"more than {MostSteps} steps");
            steps.Add(Peek switch
            {
                '.' => AfterDot(),
                '[' => Bracket(nested),
                _ when steps.Count == 0 => new JsonPath.FieldStep(Name()),
                _ => throw Wrong("expected '.' or '['"),
            });
        }

        return steps.ToImmutable();
    }

    private char Peek => _at < text.Length ? text[_at] : '\0';

    private JsonPath.Step AfterDot()
    {
        _at++;
        if (Peek == '.') throw Wrong("recursive descent is not supported");
        if (Peek == '*')
        {
            _at++;
            return new JsonPath.AllStep();
        }

        return new JsonPath.FieldStep(Name());
    }

    private string Name()
    {
        var name = new StringBuilder();
        while (_at < text.Length && !".[]()=!<> ".Contains(text[_at]))
        {
            if (text[_at] == '\\' && _at + 1 < text.Length) _at++;
            name.Append(text[_at++]);

            // An escaped dot belongs to the name.
            while (_at + 1 < text.Length && text[_at] == '\\')
            {
                name.Append(text[_at + 1]);
                _at += 2;
            }
        }

        return name.Length > 0 ? name.ToString() : throw Wrong("expected a field name");
    }

    private JsonPath.Step Bracket(bool nested)
    {
        _at++;
        JsonPath.Step step;
        switch (Peek)
        {
            case '*':
                _at++;
                step = new JsonPath.AllStep();
                break;
            case '\'' or '"':
                step = new JsonPath.FieldStep(Quoted());
                break;
            case '?' when !nested:
                step = Filter();
                break;
            default:
                step = new JsonPath.IndexStep(Index());
                break;
        }

        Expect(']');
        return step;
    }

    private int Index()
    {
        var start = _at;
        while (Peek == '-' || char.IsAsciiDigit(Peek))
            _at++;
        return int.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw Wrong("expected an index, '*', a quoted name or a filter");
    }

    private JsonPath.FilterStep Filter()
    {
        _at++;
        Expect('(');
        SkipBlanks();
        var left = JsonPath.Of(Steps(nested: true));
        SkipBlanks();
        var start = _at;
        while (Peek is '=' or '!' or '<' or '>')
            _at++;
        var comparison = text[start.._at];
        if (comparison is not ("" or "==" or "!=" or "<" or "<=" or ">" or ">=")) throw Wrong($"unknown operator {comparison}");
        SkipBlanks();
        var right = comparison.Length == 0 ? null : Value();
        SkipBlanks();
        Expect(')');
        return new JsonPath.FilterStep(left, comparison, right);
    }

    private JsonNode? Value()
    {
        if (Peek is '\'' or '"') return JsonValue.Create(Quoted());
        var start = _at;
        while (_at < text.Length && Peek is not (')' or ' '))
            _at++;
        return JsonPath.Literal(text[start.._at]);
    }

    private string Quoted()
    {
        var quote = text[_at++];
        var value = new StringBuilder();
        while (Peek != quote)
        {
            if (Peek == '\\') _at++;
            if (_at >= text.Length) throw Wrong("unterminated text");
            value.Append(text[_at++]);
        }

        _at++;
        return value.ToString();
    }

    private void Expect(char mark)
    {
        if (Peek != mark) throw Wrong($"expected '{mark}'");
        _at++;
    }

    private void SkipBlanks()
    {
        while (Peek == ' ')
            _at++;
    }

    private FormatException Wrong(string what) => new($"JSONPath {text}: {what} at {_at}");
}
