using Fabric.Telemetry.Collection;
using Fabric.Telemetry.Exposition;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Telemetry.Tests.Exposition;

public sealed class PrometheusTextTests
{
    [Fact]
    public void A_histogram_is_written_as_the_format_has_it()
    {
        var family = new MetricFamily(
            "step_seconds", "How long.\nBy \\step.", MetricKind.Histogram,
            [new MetricSeries([new("step", "veth")], 0.75, new HistogramCounts([0.1, 1], [1, 2], 3))]);

        Assert.Equal(
            """
            # HELP step_seconds How long.\nBy \\step.
            # TYPE step_seconds histogram
            step_seconds_bucket{step="veth",le="0.1"} 1
            step_seconds_bucket{step="veth",le="1"} 2
            step_seconds_bucket{step="veth",le="+Inf"} 3
            step_seconds_sum{step="veth"} 0.75
            step_seconds_count{step="veth"} 3

            """,
            PrometheusText.Write([family]));
    }

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        var values = Gen.OneOf(ArbMap.Default.GeneratorFor<double>(), Gen.Elements(double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, 1e-300));
        var labels = ArbMap.Default.GeneratorFor<string?>().Select(text => (text ?? "").Replace("\r", "", StringComparison.Ordinal));
        Prop.ForAll(
            values.Zip(labels).ToArbitrary(),
            pair =>
            {
                var (value, label) = pair;
                var text = PrometheusText.Write([new MetricFamily("any", label, MetricKind.Gauge, [new MetricSeries([new("a", label), new("b", "")], value, null)])]);
                var sample = Assert.Single(PrometheusReader.Read(text));
                Assert.Equal(("any", label, "", value), (sample.Name, sample.Label("a"), sample.Label("b"), sample.Value));
            }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("a 1")]
    [InlineData("a\n")]
    [InlineData("1a 1\n")]
    [InlineData("a{b=\"c} 1\n")]
    [InlineData("a{b=\"c\"\n")]
    [InlineData("a{b=\"c\" 1\n")]
    [InlineData("a{b=\"c\",b=\"d\"} 1\n")]
    [InlineData("a{b=\"\\x\"} 1\n")]
    [InlineData("a{b:c=\"d\"} 1\n")]
    [InlineData("a{b=\"c\"} one\n")]
    [InlineData("a 1 2 3\n")]
    public void What_a_scraper_would_refuse_is_refused(string text) => Assert.Throws<FormatException>(() => PrometheusReader.Read(text));

    [Fact]
    public void Noise_is_read_or_refused_and_never_anything_else()
    {
        var random = new Random(4);
        const string Alphabet = "a_1{}\"\\=,. +-eIinfN\n#";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(24)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            try
            {
                PrometheusReader.Read(text);
            }
            catch (FormatException)
            {
                continue;
            }
        }
    }
}
