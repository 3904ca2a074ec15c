using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Edge.Vision.Onnx;

/// <summary>ONNX Runtime for Linux tells its maker about each session: it keeps a device id and a queue of events in the user's home, and sends
/// them to mobile.events.data.microsoft.com. A box speaks to its agency and to nobody else, so this is shut before the library is first called.</summary>
internal static partial class Telemetry
{
    // What the library reads, once, when its environment is made. Environment.SetEnvironmentVariable does not reach native code on Unix.
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lock Gate = new();
    private static bool _isOff;

    /// <summary>Shuts it for this process; to be called before anything of the library is.</summary>
    /// <exception cref="ModelException">It could not be: then no model is opened.</exception>
    public static void Forbid()
    {
        lock (Gate)
        {
            if (_isOff) return;
            if (SetEnvironment(Variable, "1", 1) != 0)
                throw new ModelException($"the telemetry of ONNX Runtime cannot be switched off (error {Marshal.GetLastPInvokeError()}): no model is opened");
            OrtEnv.Instance().DisableTelemetryEvents(); // the second lock on the same door
            _isOff = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
