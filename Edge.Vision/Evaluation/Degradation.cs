using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>
/// A way in which a picture of a plate gets worse, at a stated strength: what a reader still reads then, and what it only
/// thinks it reads. Pure: the same picture, plate and seed give the same pixels on every machine with this OpenCV.
/// </summary>
public abstract record Degradation
{
    private const byte Padding = 114;

    private protected Degradation(string name) => Name = name;

    /// <summary>As tables show it, strength and unit included.</summary>
    public string Name { get; }

    /// <summary>Every one the recognition bench uses, in the order of its table.</summary>
    public static IReadOnlyList<Degradation> All { get; } =
    [
        new PlateHeight(24), new PlateHeight(18), new PlateHeight(14), new PlateHeight(10),
        new MotionBlur(3), new MotionBlur(6), new MotionBlur(9),
        new Compression(30), new Night(), new Roll(20), new Yaw(40), new Covered(20),
    ];

    /// <summary>The picture made worse, and where its plate is then; null where this cannot be done to it.</summary>
    /// <remarks>Borrows <paramref name="picture"/> (8-bit BGR); the caller disposes what it gets.</remarks>
    internal abstract Mat? Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved);

    public override string ToString() => Name;

    private static Mat Warp(Mat picture, Homography map)
    {
        using var matrix = new Mat(3, 3, MatType.CV_64FC1);
        double[] cells = [map.A, map.B, map.C, map.D, map.E, map.F, map.G, map.H, map.I];
        for (var i = 0; i < cells.Length; i++) matrix.Set(i / 3, i % 3, cells[i]);
        var warped = new Mat();
        Cv2.WarpPerspective(picture, warped, matrix, picture.Size(), InterpolationFlags.Linear, BorderTypes.Constant, Scalar.All(Padding));
        return warped;
    }

    /// <summary>The whole scene shrunk until the plate is this many pixels high. A plate that is smaller already stays out: it
    /// would only be blown up.</summary>
    private sealed record PlateHeight(int Pixels) : Degradation($"plate {Pixels} px high")
    {
        internal override Mat? Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            moved = default;
            if (plate.Height < Pixels) return null;
            var scale = Pixels / plate.Height;
            var size = new Size(Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
            moved = Homography.Scale((double)size.Width / picture.Width, (double)size.Height / picture.Height).Map(plate);
            var small = new Mat();
            Cv2.Resize(picture, small, size, interpolation: InterpolationFlags.Area);
            return small;
        }
    }

    /// <summary>A vehicle that drove on by so many pixels while the shutter was open: level for one half of the pictures, up or
    /// down by ten degrees for the others.</summary>
    private sealed record MotionBlur(int Pixels) : Degradation($"motion blur {Pixels} px")
    {
        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            moved = plate;
            using var kernel = Kernel((seed % 4) switch { 0 => 10, 1 => -10, _ => 0 });
            var blurred = new Mat();
            Cv2.Filter2D(picture, blurred, -1, kernel, borderType: BorderTypes.Replicate);
            return blurred;
        }

        private Mat<float> Kernel(double degrees)
        {
            const int steps = 256;
            var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
            var centre = Pixels / 2 + 1;
            var side = 2 * centre + 1;
            var weights = new float[side, side];
            for (var i = 0; i < steps; i++)
            {
                var along = Pixels * ((i + 0.5) / steps - 0.5);
                var (x, y) = (centre + along * cos, centre + along * sin);
                var (column, row) = ((int)x, (int)y);
                var (right, down) = ((float)(x - column), (float)(y - row));
                weights[row, column] += (1 - right) * (1 - down) / steps;
                weights[row, column + 1] += right * (1 - down) / steps;
                weights[row + 1, column] += (1 - right) * down / steps;
                weights[row + 1, column + 1] += right * down / steps;
            }
            return Mat<float>.FromArray(weights);
        }
    }

    /// <summary>Saved as JPEG at a low quality, 0 to 100, and opened again.</summary>
    private sealed record Compression(int Quality) : Degradation($"JPEG quality {Quality}")
    {
        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            moved = plate;
            Cv2.ImEncode(".jpg", picture, out var jpeg, [(int)ImwriteFlags.JpegQuality, Quality]);
            return Cv2.ImDecode(jpeg, ImreadModes.Color);
        }
    }

    /// <summary>A twentieth of the light, with the noise a small sensor has then: shot noise, whose variance grows with the light,
    /// over read noise, both in linear light, quantised after gamma.</summary>
    private sealed record Night() : Degradation("night")
    {
        private const double Gamma = 2.2;
        private const double Gain = 0.05;
        private const double ReadNoise = 0.004;
        private const double ShotNoise = 0.002;

        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            moved = plate;
            using var light = Look(picture, level => (float)(Gain * Math.Pow(level / 255.0, Gamma)));
            using var spread = Look(picture, level =>
                (float)Math.Sqrt(ReadNoise * ReadNoise + ShotNoise * Gain * Math.Pow(level / 255.0, Gamma)));
            using var noise = new Mat(picture.Size(), MatType.CV_32FC3);
            Cv2.SetTheRNG(seed | 1UL << 32); // a state of 0 would stay 0
            Cv2.Randn(noise, Scalar.All(0), Scalar.All(1));
            Cv2.Multiply(noise, spread, noise);
            Cv2.Add(light, noise, light);
            Cv2.Max(light, 0, light);
            Cv2.Pow(light, 1 / Gamma, light);
            var dark = new Mat();
            light.ConvertTo(dark, MatType.CV_8UC3, 255);
            return dark;
        }

        private static Mat Look(Mat picture, Func<int, float> of)
        {
            using var table = Mat.FromPixelData(1, 256, MatType.CV_32FC1, Enumerable.Range(0, 256).Select(of).ToArray());
            var found = new Mat();
            Cv2.LUT(picture, table, found);
            return found;
        }
    }

    /// <summary>A camera that hangs askew: the scene turned about the plate, to the left or the right. Where the plate would leave the
    /// picture, the picture follows.</summary>
    private sealed record Roll(int Degrees) : Degradation($"rotation {Degrees}°")
    {
        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            var map = Homography.Rotation(seed % 2 == 0 ? Degrees : -Degrees, plate.CentreX, plate.CentreY);
            var there = map.Map(plate);
            map = map.Shift(Inside(there.Left, there.Right, picture.Width), Inside(there.Top, there.Bottom, picture.Height));
            moved = map.Map(plate);
            return Warp(picture, map);
        }

        private static double Inside(float from, float to, int side) =>
            from < 0 ? Math.Min(-from, Math.Max(0, side - to)) : to > side ? Math.Max(side - to, -Math.Max(0, from)) : 0;
    }

    /// <summary>Something grey stands before one end of the plate: a post, a tow bar, the vehicle behind. What is left reads like a shorter plate, so that
    /// whatever is accepted here is most likely wrong.</summary>
    private sealed record Covered(int Percent) : Degradation($"{Percent} % of its width covered")
    {
        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            moved = plate;
            var (share, beyond) = (plate.Width * Percent / 100, plate.Width / 10);
            var (left, right) = seed % 2 == 0 ? (plate.Left - beyond, plate.Left + share) : (plate.Right - share, plate.Right + beyond);
            var covered = picture.Clone();
            Cv2.Rectangle(covered, new Point((int)left, (int)(plate.Top - plate.Height)), new Point((int)right, (int)(plate.Bottom + plate.Height)),
                Scalar.All(90), thickness: -1);
            return covered;
        }
    }

    /// <summary>A vehicle seen from the side: the scene as a flat picture, turned about the plate's upright axis.</summary>
    private sealed record Yaw(int Degrees) : Degradation($"yaw {Degrees}°")
    {
        // A long lens: 37 degrees across. A shorter one would bend the plate itself.
        private const double Focal = 1.5;

        internal override Mat Apply(Mat picture, PixelBox plate, uint seed, out PixelBox moved)
        {
            var focal = Focal * Math.Max(picture.Width, picture.Height);
            var map = Homography.Yaw(seed % 2 == 0 ? Degrees : -Degrees, plate.CentreX, plate.CentreY, focal);
            moved = map.Map(plate);
            return Warp(picture, map);
        }
    }
}
