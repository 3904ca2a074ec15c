using System.Runtime.InteropServices;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>OpenCV's native library, set up once before its first use.</summary>
internal static partial class OpenCv
{
    private const string Library = "libOpenCvSharpExtern.so";

    /// <summary>Loads it, with one thread and silent.</summary>
    /// <exception cref="CaptureException">It does not load; the message says what to install, or that this build has none.</exception>
    public static void Prepare()
    {
        try
        {
            // OpenCV asks getenv, which .NET's own environment does not reach, and asks for the limit when it is loaded. What the
            // header check lets through must still not make a decoder allocate without bound.
            _ = SetEnvironment("OPENCV_IO_MAX_IMAGE_PIXELS", $"{PictureLimits.MostPixels}", 1);
            _ = SetEnvironment("OPENCV_FFMPEG_LOGLEVEL", "-8", 1); // AV_LOG_QUIET
            // The cores belong to inference; OpenCV's own pool only gets in its way.
            Cv2.SetNumThreads(1);
            // What it would print is told by our own errors.
            Cv2.SetLogLevel(OpenCvSharp.LogLevel.SILENT);
        }
        catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException or OpenCvSharpException)
        {
            var (says, mend) = Fault(AppContext.BaseDirectory);
            throw new CaptureException($"{says}: {mend}", failure);
        }
    }

    /// <summary>Why it does not load, and what mends it: its own file is not there, or something that this loads.</summary>
    /// <param name="folder">Where the program and its libraries lie.</param>
    internal static (string Says, string Mend) Fault(string folder) => Directory.EnumerateFiles(folder, Library, SearchOption.AllDirectories).Any()
        ? ("OpenCV does not load", "apt-get install --no-install-recommends libgtk-3-0 libatomic1")
        : ($"this build has no OpenCV for {RuntimeInformation.ProcessArchitecture}", $"put {Library} of OpenCvSharp 4.13 into {folder.TrimEnd('/')}");

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
