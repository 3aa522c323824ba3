using System.Text;
using Ovs.Vswitch.Control;

namespace Ovs.Ovsdb.Tests;

/// <summary>What a daemon may answer on its control socket. That a real one is found and answers is shown in <see cref="VswitchTests"/>.</summary>
public sealed class ControlSocketTests
{
    [Theory]
    [InlineData("""{"id":0,"result":"ovn-controller 23.03.1\n","error":null}""", "ovn-controller 23.03.1")]
    [InlineData("""{"id":0,"result":"","error":null}""", "")]
    public void An_answer_is_read_when_it_is_whole(string text, string answer)
    {
        var socket = new ControlSocket("x.ctl");
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(socket.TryRead(bytes.AsSpan(0, length), out _));
        Assert.True(socket.TryRead(bytes, out var read));
        Assert.Equal(answer, read);
    }

    [Theory]
    [InlineData("""{"id":0,"error":"\"nonsense\" is not a valid command","result":null}""", "x.ctl: \"nonsense\" is not a valid command")]
    [InlineData("""{"id":0}""", "x.ctl gave neither result nor error")]
    [InlineData("[]", "x.ctl gave neither result nor error")]
    [InlineData("nonsense", "x.ctl gave no JSON")]
    public void A_refusal_or_no_answer_at_all_is_a_fault(string text, string said) =>
        Assert.Equal(said, Assert.Throws<ControlException>(() => new ControlSocket("x.ctl").TryRead(Encoding.UTF8.GetBytes(text), out _)).Message);

    [Fact]
    public void Noise_is_read_waited_for_or_refused_and_never_anything_else()
    {
        var random = new Random(5);
        const string Alphabet = "{}[]\":,\\resultoid01n ";
        for (var i = 0; i < 20_000; i++)
        {
            var noise = new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            try
            {
                new ControlSocket("x.ctl").TryRead(Encoding.UTF8.GetBytes(noise), out _);
            }
            catch (ControlException)
            {
                continue;
            }
        }
    }
}
