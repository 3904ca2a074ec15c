using Edge.Vision.Capture.Decoding;

namespace Edge.Tests.Capture.Decoding;

public sealed class FrameTimesTests
{
    [Fact]
    public void Times_are_those_of_showinfo_and_of_nothing_else_however_the_lines_are_broken()
    {
        using var times = new FrameTimes();
        var said = """
            Input #0, mov, from 'file:pts_time:9':
                title           : showinfo pts_time:9
            [Parsed_showinfo_2 @ 0x55] config in time_base: 1/15360, frame_rate: 15/1
            [Parsed_showinfo_2 @ 0x55] n:   0 pts:      0 pts_time:0.0333 pos:       48 fmt:yuv420p
            [h264 @ 0x77] error while decoding pts_time:7
            [Parsed_showinfo_2 @ 0x55] n:   1 pts:   NOPTS pts_time:NOPTS pos:       48 fmt:yuv420p
            [Parsed_showinfo_2 @ 0x55] n:   2 pts:   2048 pts_time:1e-05 pos:   109491 fmt:yuv420p

            """u8.ToArray();
        foreach (var piece in said.Chunk(7)) times.Take(piece);
        Assert.Equal([0.0333, null, 0.00001], [times.Next(), times.Next(), times.Next()]);
    }

    [Fact]
    public void A_decoder_that_says_times_without_end_and_shows_no_picture_fills_no_memory()
    {
        using var times = new FrameTimes();
        for (var i = 0; i < 3000; i++) times.Take("[Parsed_showinfo_2 @ 0x55] n: 0 pts_time:1 pos: 4\n"u8);
        var kept = 0;
        while (kept < 2000 && times.Next() is not null) kept++;
        Assert.Equal(1024, kept);
    }
}
