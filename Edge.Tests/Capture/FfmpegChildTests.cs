using Edge.Vision.Capture.Decoding;
using Edge.Vision.Capture.Rtsp;

namespace Edge.Tests.Capture;

public sealed class FfmpegChildTests
{
    [Fact]
    public void A_decoder_dies_with_the_agent_by_the_kernel_s_hand_or_in_a_service_by_systemd_s()
    {
        Assert.Equal(["/usr/bin/setpriv", "--pdeathsig", "KILL"], FfmpegChild.Leash(_ => null));
        Assert.Equal(["/usr/bin/setpriv", "--pdeathsig", "KILL"], FfmpegChild.Leash(_ => ""));
        Assert.Empty(FfmpegChild.Leash(name => name == "NOTIFY_SOCKET" ? "/run/systemd/notify" : null));
    }
}
