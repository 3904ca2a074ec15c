using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Orders;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>How a box is taken out of service.</summary>
internal sealed partial class AgentHost
{
    private void RefuseDecommissioned()
    {
        if (!File.Exists(Path.Combine(_configuration.StateFolder, OrderDesk.DecommissionedName))) return;
        DestroyKeys(); // what was cut off is finished
        throw new EnrolmentException($"this box was taken out of service, by a signed order or by its lid being opened; its log stays in {AuditFolder}. " +
            $"To use the machine again, remove {_configuration.StateFolder} and enrol it as a new box");
    }

    // Told first, and to the broker if it is there, in the half minute that a stop leaves; then the keys go, as by an order.
    private void Opened(int times)
    {
        try
        {
            _incidents.Report(IncidentKind.Tamper, "opened", times);
        }
        finally
        {
            // Also where the log or the database is damaged: whoever opened the lid may have seen to that.
            if (_configuration.Gpio?.Tamper?.DestroyKeys == true && !_decommissioned.IsCancellationRequested) GiveUpKeys();
        }
    }

    private void GiveUpKeys()
    {
        if (_panel is not null) _panel.Decommissioned = true;
        try
        {
            DurableFile.Write(Path.Combine(_configuration.StateFolder, OrderDesk.DecommissionedName), "{}"u8);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            _log.LogError("{Reason}; the keys are destroyed all the same", refused.Message); // only a start after a cut-off would not know of it
        }
        finally
        {
            _decommissioned.Cancel();
        }
    }

    private void DestroyKeys()
    {
        KeyFolder.Destroy(_configuration.StateFolder);
        _enrolment.DestroyKey();
        _log.LogWarning("this box was taken out of service: its keys are destroyed");
    }
}
