using Edge.Agent.Commissioning;

namespace Edge.Agent.Evaluation;

/// <summary>What one reader made of one film: all frames together, as a box reads them, and each frame by itself.</summary>
/// <param name="Together">Whether the passage with the most evidence, accepted or not, says the plate.</param>
/// <param name="Alone">Whether the single frame with the most evidence does.</param>
/// <param name="Accepted">Accepted passages; one vehicle should be one.</param>
/// <param name="Wrong">Accepted passages that say something else.</param>
/// <param name="FramesRead">Reads of single frames, right or not.</param>
/// <param name="FramesRight">Single frames that say the plate.</param>
/// <param name="Evidence">Of the passage with the most, 0 to 1; 0 where nothing was read.</param>
internal sealed record PassageOutcome(bool Together, bool Alone, int Accepted, int Wrong, int FramesRead, int FramesRight, float Evidence)
{
    /// <param name="text">What the plate reads.</param>
    /// <param name="passages">What all frames together read, accepted or not.</param>
    /// <param name="frames">What the frames read by themselves.</param>
    public static PassageOutcome Of(string text, IReadOnlyCollection<StillRead> passages, IReadOnlyCollection<StillRead> frames)
    {
        var best = passages.MaxBy(read => read.Evidence);
        return new PassageOutcome(best?.Text == text, frames.MaxBy(read => read.Evidence)?.Text == text,
            passages.Count(read => read.Accepted), passages.Count(read => read.Accepted && read.Text != text),
            frames.Count, frames.Count(read => read.Text == text), best?.Evidence ?? 0);
    }
}

/// <summary>One reader on one film.</summary>
internal sealed record FilmRow(PassageFilm Film, string Reader, PassageOutcome Outcome);

/// <summary>How one reader did on films of passages, counted by film.</summary>
/// <param name="Set">Which films: of one light, speed or frame rate, or all.</param>
/// <param name="Films">How many.</param>
/// <param name="Together">Films whose plate all frames together say, accepted or not.</param>
/// <param name="Alone">Films whose plate the best single frame says.</param>
/// <param name="OnlyTogether">Films that only all frames together read right.</param>
/// <param name="OnlyAlone">Films that only the best single frame read right.</param>
/// <param name="Accepted">Films with an accepted read.</param>
/// <param name="Wrong">Films with an accepted read of something else.</param>
/// <param name="Repeated">Films with more than one accepted read.</param>
internal sealed record PassageTally(string Set, string Reader, int Films, int Together, int Alone, int OnlyTogether, int OnlyAlone,
    int Accepted, int Wrong, int Repeated)
{
    /// <summary>Rows by light, by speed, by frame rate and of all films; readers in the order they come in.</summary>
    public static IEnumerable<PassageTally> Of(IReadOnlyCollection<FilmRow> films)
    {
        var sets = films.Select(row => row.Film.Light).Distinct(StringComparer.Ordinal).Select(light => Named(light, film => film.Light == light))
            .Concat(films.Select(row => row.Film.Speed).Distinct().Order().Select(speed => Named($"{speed} km/h", film => film.Speed == speed)))
            .Concat(films.Select(row => row.Film.Rate).Distinct().Order().Select(rate => Named($"{rate} frames a second", film => film.Rate == rate)))
            .Append(Named("all films", _ => true));
        return films.Count == 0 ? [] :
            from set in sets
            from reader in films.GroupBy(row => row.Reader, StringComparer.Ordinal)
            select Count(set.Name, reader.Key, [.. reader.Where(row => set.Holds(row.Film)).Select(row => row.Outcome)]);

        static (string Name, Func<PassageFilm, bool> Holds) Named(string name, Func<PassageFilm, bool> holds) => (name, holds);
    }

    private static PassageTally Count(string set, string reader, IReadOnlyCollection<PassageOutcome> outcomes) => new(set, reader, outcomes.Count,
        outcomes.Count(one => one.Together), outcomes.Count(one => one.Alone), outcomes.Count(one => one.Together && !one.Alone),
        outcomes.Count(one => one.Alone && !one.Together), outcomes.Count(one => one.Accepted > 0), outcomes.Count(one => one.Wrong > 0),
        outcomes.Count(one => one.Accepted > 1));
}
