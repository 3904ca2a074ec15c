using System.Globalization;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Soak;

/// <summary>How a camera fails.</summary>
internal enum CameraTrouble
{
    None, Silent, HangsUp, Refuses, Garbles,
}

/// <summary>An MJPEG camera on the loopback that shows what it is given to whoever watches, and fails when it is told to.</summary>
internal sealed class FaultyCamera : IAsyncDisposable
{
    private readonly HttpCamera _camera;
    private TaskCompletionSource<byte[]> _next = Fresh();
    private volatile CameraTrouble _trouble;

    public FaultyCamera() => _camera = new HttpCamera(AnswerAsync);

    public string Address => _camera.Address;

    /// <summary>Connections so far.</summary>
    public int Connections => _camera.Requests;

    public CameraTrouble Trouble
    {
        set => _trouble = value;
    }

    /// <summary>Shows one picture to whoever watches now.</summary>
    public void Show(byte[] jpeg) => Interlocked.Exchange(ref _next, Fresh()).SetResult(jpeg);

    public ValueTask DisposeAsync() => _camera.DisposeAsync();

    private static TaskCompletionSource<byte[]> Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AnswerAsync(string head, Stream watcher, CancellationToken stop)
    {
        if (_trouble == CameraTrouble.Refuses)
        {
            await watcher.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
            return;
        }
        await watcher.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"u8.ToArray(), stop);
        while (true)
        {
            var jpeg = await _next.Task.WaitAsync(stop);
            if (_trouble is CameraTrouble.HangsUp or CameraTrouble.Refuses) return;
            if (_trouble == CameraTrouble.Silent) continue;
            if (_trouble == CameraTrouble.Garbles) jpeg = [.. jpeg.Select(one => (byte)(one ^ 0x5A))];
            await watcher.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n")), stop);
            await watcher.WriteAsync(jpeg, stop);
            await watcher.WriteAsync("\r\n"u8.ToArray(), stop);
        }
    }
}
