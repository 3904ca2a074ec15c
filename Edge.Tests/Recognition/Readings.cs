using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

/// <summary>Readings for tests, from a text and how sure to be of each character.</summary>
internal static class Readings
{
    public static Reading Of(string text, float sure = 0.95f)
    {
        var reading = new Reading();
        foreach (var character in text)
        {
            Assert.True(reading.TryAppend(out var row));
            row.Fill((1 - sure) / (Reading.Alphabet.Length - 1));
            row[Reading.Alphabet.IndexOf(character, StringComparison.Ordinal)] = sure;
        }
        return reading;
    }

    /// <summary>The class of a character.</summary>
    public static int ClassOf(this string character) => Reading.Alphabet.IndexOf(character, StringComparison.Ordinal);

    public static string TextOf(Reading reading)
    {
        using var plate = reading.ToPlate();
        return plate is null ? "" : System.Text.Encoding.ASCII.GetString(plate.Ascii);
    }
}
