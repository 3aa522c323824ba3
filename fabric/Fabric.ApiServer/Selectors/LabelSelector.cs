using System.Collections.Immutable;

namespace Fabric.ApiServer.Selectors;

/// <summary>How one requirement of a label selector compares.</summary>
internal enum LabelOperator
{
    Exists,
    Absent,
    In,
    NotIn,
    GreaterThan,
    LessThan,
}

/// <summary>One comma-separated part of a label selector.</summary>
internal sealed record LabelRequirement(string Key, LabelOperator Operator, ImmutableArray<string> Values)
{
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var present = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelOperator.Exists => present,
            LabelOperator.Absent => !present,
            LabelOperator.In => present && Values.Contains(value!),
            LabelOperator.NotIn => !present || !Values.Contains(value!),
            LabelOperator.GreaterThan => long.TryParse(value, out var number) && number > long.Parse(Values[0]),
            _ => long.TryParse(value, out var number) && number < long.Parse(Values[0]),
        };
    }
}

/// <summary>A parsed <c>labelSelector</c>; the empty one selects everything.</summary>
/// <remarks>Grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors</remarks>
internal sealed record LabelSelector(ImmutableArray<LabelRequirement> Requirements)
{
    public static LabelSelector Everything { get; } = new([]);

    public bool IsEverything => Requirements.IsEmpty;

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(labels)) return false;
        }

        return true;
    }

    /// <exception cref="FormatException">Says what was expected and where.</exception>
    public static LabelSelector Parse(string text)
    {
        var requirements = ImmutableArray.CreateBuilder<LabelRequirement>();
        var scanner = new SelectorScanner(text);
        while (!scanner.AtEnd)
        {
            requirements.Add(Requirement(ref scanner));
            if (scanner.AtEnd) break;
            scanner.Expect(',');
            if (scanner.AtEnd) throw scanner.Unexpected("a requirement after ','");
        }

        return requirements.Count == 0 ? Everything : new LabelSelector(requirements.ToImmutable());
    }

    private static LabelRequirement Requirement(ref SelectorScanner scanner)
    {
        if (scanner.TryTake('!'))
            return new LabelRequirement(Key(ref scanner), LabelOperator.Absent, []);
        var key = Key(ref scanner);
        if (scanner.AtEnd || scanner.Next == ',') return new LabelRequirement(key, LabelOperator.Exists, []);
        if (scanner.TryTake('=')) { scanner.TryTake('='); return new LabelRequirement(key, LabelOperator.In, [Value(ref scanner)]); }
        if (scanner.TryTake('!')) { scanner.Expect('='); return new LabelRequirement(key, LabelOperator.NotIn, [Value(ref scanner)]); }
        if (scanner.TryTake('>')) return new LabelRequirement(key, LabelOperator.GreaterThan, [Number(ref scanner)]);
        if (scanner.TryTake('<')) return new LabelRequirement(key, LabelOperator.LessThan, [Number(ref scanner)]);
        return scanner.Word() switch
        {
            "in" => new LabelRequirement(key, LabelOperator.In, Set(ref scanner)),
            "notin" => new LabelRequirement(key, LabelOperator.NotIn, Set(ref scanner)),
            var word => throw new FormatException($"unable to parse requirement: found '{word}', expected: in, notin, =, ==, !=, gt, lt"),
        };
    }

    private static string Key(ref SelectorScanner scanner)
    {
        var key = scanner.Word();
        return Names.IsQualifiedName(key) ? key : throw new FormatException($"unable to parse requirement: key: Invalid value: \"{key}\": {Names.QualifiedNameRule}");
    }

    private static string Value(ref SelectorScanner scanner) => Checked(scanner.Word());

    private static string Number(ref SelectorScanner scanner)
    {
        var word = scanner.Word();
        return long.TryParse(word, out _) ? word : throw new FormatException($"unable to parse requirement: values: Invalid value: \"{word}\": for 'Gt', 'Lt' operators, the value must be an integer");
    }

    private static ImmutableArray<string> Set(ref SelectorScanner scanner)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        scanner.Expect('(');
        do values.Add(Checked(scanner.Word()));
        while (scanner.TryTake(','));
        scanner.Expect(')');
        return values.ToImmutable();
    }

    private static string Checked(string value)
        => Names.IsLabelValue(value) ? value : throw new FormatException($"unable to parse requirement: values: Invalid value: \"{value}\": {Names.LabelValueRule}");
}
