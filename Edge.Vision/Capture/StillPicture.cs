using System.Diagnostics.CodeAnalysis;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// Decodes one encoded picture to 8-bit BGR, grey and transparent ones included. EXIF orientation is applied, as every
/// viewer does, so boxes are in the upright picture. Limits are checked on the header, before memory is taken.
/// </summary>
internal static class StillPicture
{
    /// <summary>False when the bytes are no whole picture within <see cref="PictureLimits"/>; the reason says what to
    /// do. The caller disposes the pixels.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> file, [NotNullWhen(true)] out Mat? pixels, [NotNullWhen(false)] out string? reason)
    {
        pixels = null;
        reason = Objection(file, out var header);
        if (reason is not null) return false;
        var decoded = Decode(file);
        // A decoder that finds another picture than the header promised was led past the limits.
        var upright = decoded.Width == header.Width && decoded.Height == header.Height;
        var turned = decoded.Width == header.Height && decoded.Height == header.Width;
        if (upright || turned)
        {
            pixels = decoded;
            return true;
        }
        decoded.Dispose();
        reason = "it is damaged: take or export it again";
        return false;
    }

    private static string? Objection(ReadOnlySpan<byte> file, out PictureHeader header)
    {
        header = default;
        if (file.IsEmpty) return "it is empty: take or export it again";
        if (!PictureHeader.TryParse(file, out header)) return "it is no JPEG, PNG, BMP or WebP picture: convert it to one";
        if (!PictureLimits.Allow(header.Width, header.Height))
            return $"it is {header.Width} × {header.Height} px; at most {PictureLimits.LongestSide} px a side and " +
                $"{PictureLimits.MostPixels / 1_000_000} megapixels are read: scale it down";
        return header.IsWhole ? null : "its end is missing: copy it again";
    }

    private static Mat Decode(ReadOnlySpan<byte> file)
    {
        try
        {
            return Cv2.ImDecode(file, ImreadModes.Color);
        }
        catch (OpenCVException)
        {
            return new Mat();
        }
    }
}
