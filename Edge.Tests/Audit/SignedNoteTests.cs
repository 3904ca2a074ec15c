using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Keys;

namespace Edge.Tests.Audit;

public sealed class SignedNoteTests
{
    // The example of golang.org/x/mod/sumdb/note, from which C2SP signed-note was written.
    private const string Vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private const string Note = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """;

    [Fact]
    public void The_published_note_verifies_and_is_written_back_as_it_was()
    {
        Assert.True(NoteKey.TryParse(Vkey, out var key));
        Assert.Equal(Vkey, key!.ToString());
        var note = Parse(Note);
        Assert.True(note.IsSignedBy(key));
        Assert.Equal(Note, note.ToString());
        Assert.False(Parse(Note.Replace("answer", "Answer", StringComparison.Ordinal)).IsSignedBy(key));
    }

    [Fact]
    public void A_signature_of_an_unknown_key_is_ignored_and_a_broken_one_of_a_known_key_is_fatal()
    {
        using var key = SigningKey.Create();
        using var other = SigningKey.Create();
        var (known, unknown) = (new NoteKey("example.com/log", key.Public), new NoteKey("example.com/log", other.Public));
        var note = SignedNote.Sign("hello\n", "example.com/log", key);
        var signature = note.Signatures[0];

        Assert.True(note.With(SignedNote.Sign("else\n", "example.com/log", other).Signatures[0]).IsSignedBy(known));
        Assert.False(note.With(SignedNote.Sign("else\n", "example.com/log", key).Signatures[0]).IsSignedBy(known));
        Assert.False(note.IsSignedBy(unknown));
        Assert.False(note.IsSignedBy(new NoteKey("example.com/other", key.Public)));
        Assert.True(Parse(note.With(signature).ToString()).IsSignedBy(known));
    }

    [Fact]
    public void Only_the_last_empty_line_parts_text_from_signatures()
    {
        var note = Parse("a\n\nb\n\n— x AAAAAAA=\n");
        Assert.Equal("a\n\nb\n", note.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n— x AAAAAAA=\n")]
    [InlineData("text\n\n— x AAAAAAA=")]
    [InlineData("text\n\n- x AAAAAAA=\n")]
    [InlineData("text\n\n—  AAAAAAA=\n")]
    [InlineData("text\n\n— x+y AAAAAAA=\n")]
    [InlineData("text\n\n— x\u00A0y AAAAAAA=\n")]
    [InlineData("text\n\n— x AAAAAA==\n")]
    [InlineData("text\n\n— x AAAAAAB=\n")]
    [InlineData("text\n\n— x AAAAAAA\n")]
    [InlineData("text\n\n— x AAAAAAA= \n")]
    [InlineData("text\r\n\n— x AAAAAAA=\n")]
    [InlineData("te\u0000xt\n\n— x AAAAAAA=\n")]
    public void Any_other_spelling_is_refused(string note) =>
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out _));

    [Fact]
    public void Text_that_is_not_unicode_and_a_flood_of_signatures_are_refused()
    {
        Assert.False(SignedNote.TryParse([0xC3, .. "\n\n— x AAAAAAA=\n"u8], out _));
        var flood = "text\n\n" + string.Concat(Enumerable.Repeat("— x AAAAAAA=\n", SignedNote.MaxSignatures + 1));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(flood), out _));
    }

    [Theory]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3")]
    [InlineData("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData(" PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("")]
    public void A_misspelled_vkey_is_refused(string vkey) => Assert.False(NoteKey.TryParse(vkey, out _));

    private static SignedNote Parse(string text)
    {
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out var note));
        return note!;
    }
}
