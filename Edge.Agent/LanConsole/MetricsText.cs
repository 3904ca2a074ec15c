using System.Globalization;
using System.Text;
using Edge.Agent.Device;
using Edge.Vision.Capture;

namespace Edge.Agent.LanConsole;

/// <summary>How the box is, as Prometheus reads it (text format 0.0.4): per camera and outbox, no plate, no case, no name of a person.</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(BoxHealth health, string version)
    {
        var text = new StringBuilder();
        One("edge_info", "gauge", "Which program this is.", 1, $"{{version=\"{Escape(version)}\"}}");
        One("edge_up_seconds", "gauge", "Since the agent started.", (health.At - health.Since).TotalSeconds);
        One("edge_stuck", "gauge", "Steps of the agent that were begun and are not done in time.", health.Stuck.Count);
        Each("edge_camera_running", "gauge", "1 while frames arrive and change.", camera => camera.Health.State == CameraState.Running ? 1 : 0);
        Each("edge_camera_state_seconds", "gauge", "Since the camera's state last changed.", camera => (health.At - camera.Health.Since).TotalSeconds);
        Each("edge_camera_frames_total", "counter", "Frames decoded.", camera => camera.Health.Frames);
        Each("edge_camera_dropped_total", "counter", "Frames replaced by a newer one before they were examined.", camera => camera.Health.Dropped);
        Each("edge_camera_reconnects_total", "counter", "Times the camera was opened again after a failure.", camera => camera.Health.Reconnects);
        Each("edge_camera_plate_height_pixels", "gauge", "Height of the plates seen of late, the middle value; no sample before the first.",
            camera => camera.PlateHeight);
        Each("edge_camera_plate_blur_ratio", "gauge", "Width of their sharpest edges as a share of that height.", camera => camera.Blur / 100.0);
        One("edge_frames_examined_total", "counter", "Frames that plates were looked for in.", health.Counts.Frames);
        One("edge_reads_discarded_total", "counter", "Plates that nobody has a case for, wiped.", health.Counts.Discarded);
        One("edge_reads_hits_total", "counter", "Plates that matched.", health.Counts.Hits);
        One("edge_outbox_ready", "gauge", "Messages that wait for the broker.", health.Outbox.Ready);
        One("edge_outbox_unlogged", "gauge", "Messages that wait for their entry in the log.", health.Outbox.Unlogged);
        One("edge_outbox_unreadable", "gauge", "Messages on the disk that cannot be read.", health.Outbox.Unreadable);
        One("edge_outbox_sent", "gauge", "Messages that the broker has and the hub has not confirmed.", health.Outbox.Sent);
        One("edge_outbox_bytes", "gauge", "What the outbox takes on the disk.", health.Outbox.Bytes);
        One("edge_broker_connected", "gauge", "1 while there is a link to the broker.", health.Link.Broker is null ? 0 : 1);
        One("edge_broker_state_seconds", "gauge", "Since the link to the broker last changed.", (health.At - health.Link.Since).TotalSeconds);
        One("edge_log_entries", "gauge", "Entries of the audit log.", health.Log.Size);
        if (health.Log.Witnessed is { } witnessed)
        {
            One("edge_log_witnessed_entries", "gauge", "Entries that as many witnesses as needed have cosigned.", witnessed.Size);
            if (witnessed.Time is { } time) One("edge_log_witnessed_seconds", "gauge", "Since that cosignature.", (health.At - time).TotalSeconds);
        }
        One("edge_trust_in_force", "gauge", "1 while a signed policy is in force.", health.Trust is null ? 0 : 1);
        if (health.Trust is { } trust)
        {
            One("edge_policy_version", "gauge", "Version of the policy in force.", trust.PolicyVersion);
            One("edge_policy_ends_seconds", "gauge", "Until orders end unless the agency signs anew.", (trust.OrdersUntil - health.At).TotalSeconds);
            One("edge_hotlist_ends_seconds", "gauge", "Until matching ends unless the agency signs anew.", (trust.HotlistUntil - health.At).TotalSeconds);
            One("edge_hotlist_entries", "gauge", "Entries of the hotlist in use.", trust.Entries);
            One("edge_hotlist_refused", "gauge", "Entries of the hotlist that are not in use.", trust.Refused);
        }
        return text.ToString();

        void Head(string name, string type, string help) => text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

        void One(string name, string type, string help, double value, string labels = "")
        {
            Head(name, type, help);
            text.Append($"{name}{labels} {value.ToString("R", CultureInfo.InvariantCulture)}\n");
        }

        void Each(string name, string type, string help, Func<CameraLook, double?> value)
        {
            Head(name, type, help);
            foreach (var camera in health.Cameras)
                if (value(camera) is { } number)
                    text.Append($"{name}{{camera=\"{Escape(camera.Name)}\"}} {number.ToString("R", CultureInfo.InvariantCulture)}\n");
        }
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
