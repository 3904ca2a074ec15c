"""A small RTSP camera for the tests: a moving or frozen test pattern, optionally behind a password.

usage: rtsp_server.py PORT [--still] [--size WxH] [--user NAME --password WORD] [--digest]
Prints "ready PORT" once it listens. PORT 0 takes a free one.
"""
import argparse
import signal

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("port", type=int)
arguments.add_argument("--still", action="store_true", help="the same picture for ever")
arguments.add_argument("--size", default="320x240")
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--digest", action="store_true")
options = arguments.parse_args()

Gst.init(None)
width, height = options.size.split("x")
# Lossless (quantizer 0), or each key frame of a still picture decodes a little differently.
picture = "pattern=white" if options.still else "pattern=ball"
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f"( videotestsrc is-live=true {picture} "
    f"! video/x-raw,width={width},height={height},framerate=25/1 ! videoconvert ! video/x-raw,format=I420 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay name=pay0 pt=96 )")
factory.set_shared(True)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(str(options.port))
if options.user:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role("viewer")
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
    if options.digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    server.set_auth(auth)

server.get_mount_points().add_factory("/road", factory)
server.attach(None)
loop = GLib.MainLoop()
signal.signal(signal.SIGTERM, lambda *_: loop.quit())
print(f"ready {server.get_bound_port()}", flush=True)
loop.run()
