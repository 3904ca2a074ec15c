namespace Edge.Agent.Fleet;

/// <summary>What is to be simulated.</summary>
internal sealed record FleetPlan
{
    /// <summary>More do not fit one process and the ports of one address.</summary>
    public const int MostBoxes = 10_000;

    /// <summary>One hit in 16 hours; what comes less often is not measured in a lifetime.</summary>
    public const double FewestHitsPerMinute = 0.001;

    /// <summary>Bytes of the picture in a hit unless told otherwise: what a plate of 320 pixels takes as the box writes it.</summary>
    public const int UsualCrop = 4096;

    /// <summary>1 to <see cref="MostBoxes"/>.</summary>
    public required int Boxes { get; init; }

    /// <summary>Of each box, on average; they come at random, as vehicles do.</summary>
    public required double HitsPerMinute { get; init; }

    /// <summary>Ends after so long; null if <see cref="Hits"/> says when.</summary>
    public TimeSpan? Lasting { get; init; }

    /// <summary>Ends after so many of all boxes together.</summary>
    public long? Hits { get; init; }

    /// <summary>Bytes of the made-up picture, 4 to <see cref="Publishing.HitFacts.MaxCropBytes"/>.</summary>
    public int CropBytes { get; init; } = UsualCrop;

    /// <summary>True: each box has its state database, its outbox and its log on this disk, as a real one does. False: what waits to
    /// leave is in memory, so that one disk need not stand in for those of a fleet.</summary>
    public bool OnDisk { get; init; }

    /// <summary>So many hits come first and are not counted: a program that has just started is slow.</summary>
    public int WarmUp { get; init; }

    /// <summary>How often each box sends its summary.</summary>
    public TimeSpan SummaryEvery { get; init; } = TimeSpan.FromMinutes(Governance.Policy.DefaultSummaryMinutes);

    /// <summary>Of all boxes together.</summary>
    public double HitsPerSecond => Boxes * HitsPerMinute / 60;
}
