"""What somebody on the box's network sees who has nothing: one port where there is a console, none otherwise, and nothing said there."""
import json
import os
import re
import subprocess

from machine import Failed

ADDRESS = "10.0.2.15"  # the machine's own, on QEMU's user network
CONFIGURATION = "/etc/edge/edge.json"


def run(site):
    site.step("without a console: no port is open", ports, site, [])
    site.step("a console is configured", configure, site, {"address": ADDRESS, "publicPolicy": False})
    site.step("with one: that port, of 65,535", ports, site, [8443])
    site.step("TLS 1.3 and nothing older", only_tls_1_3, site)
    site.step("without a certificate: no page, not one byte", nothing_said, site)
    site.step("with a stranger's certificate: the same", stranger_refused, site)
    site.step("with publicPolicy", configure, site, {"address": ADDRESS, "publicPolicy": True})
    site.step("the policy page is for anybody, and nothing else is", policy_alone, site)
    site.step("the console is taken out again", configure, site, None)
    site.step("no port is open again", ports, site, [])


def configure(site, console):
    machine = site.machine
    configuration = json.loads(machine.read(CONFIGURATION))
    configuration.pop("console", None)
    if console:
        configuration["console"] = console
    machine.write("/run/edge.json", json.dumps(configuration, indent=2).encode())
    machine.must(f"edge-agent config check /run/edge.json && cat /run/edge.json > {CONFIGURATION} && systemctl restart edge-agent", 180)
    machine.until("systemctl is-active -q edge-agent && systemctl is-active -q edge-vision", 120)
    if console:
        machine.until("ss -ltnH | grep -q ':8443 '", 120)


def ports(site, expected):
    """Every port is tried, at the address that the network has; and what listens is asked of the kernel. A try whose own port happens to be the one that it tries
    meets itself, where nobody listens: it is made again, from another."""
    said = site.machine.must(f"""perl -MIO::Socket::INET -e 'for (1..65535) {{
        my $met = IO::Socket::INET->new(PeerAddr => "{ADDRESS}", PeerPort => $_, Timeout => 2) or next; redo if $met->sockport == $_; print "$_\\n" }}'""", 900)
    found = [int(port) for port in said.split()]
    if found != expected:
        raise Failed(f"open: {found}, expected {expected}")
    listening = site.machine.must("ss -lntuH | grep -v '127.0.0.1:' | grep -v '\\[::1\\]:' || true").strip().split("\n")
    others = [line for line in listening if line and not re.search(r":(68|8443)\s", line)]
    if others:
        raise Failed("listening beyond the loopback: " + "; ".join(others))


def tls(site, *options, request=""):
    """One connection from the host's side; everything openssl says of it."""
    ended = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.console_port}", "-quiet", "-verify_quiet", *options], input=request, text=True,
                           errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return ended.stdout


def page(site, path, *options):
    """Status and body of one request; curl takes any certificate of the box, as a stranger would."""
    ended = subprocess.run(["curl", "-sk", "--max-time", "60", "-w", "\n%{http_code}", *options, f"https://127.0.0.1:{site.console_port}{path}"],
                           stdout=subprocess.PIPE, text=True)
    body, _, status = ended.stdout.rpartition("\n")
    return int(status), body


def only_tls_1_3(site):
    for version in ("-tls1", "-tls1_1", "-tls1_2"):
        said = tls(site, version, "-cipher", "ALL:@SECLEVEL=0")
        if "alert protocol version" not in said and "no protocols available" not in said:
            raise Failed(f"{version}: {said}")
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.console_port}", "-tls1_3"], input="", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60).stdout
    if "TLSv1.3" not in said:
        raise Failed(said[-2000:])
    return re.search(r"Cipher is (\S+)", said).group(1)


def nothing_said(site):
    for path in ("/", "/login", "/policy", "/aim", "/log", "/metrics", "/healthz", "/console.css"):
        if page(site, path) != (0, ""):
            raise Failed(f"{path}: {page(site, path)}")
    plain = subprocess.run(["curl", "-s", "--max-time", "10", f"http://127.0.0.1:{site.console_port}/"], stdout=subprocess.PIPE)
    if plain.stdout:
        raise Failed(f"without TLS: {plain.stdout[:200]}")


def stranger_refused(site):
    key, certificate = (os.path.join(site.folder, f"stranger.{kind}") for kind in ("key", "crt"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "30",
                    "-subj", "/O=riverton/CN=technician-1"], check=True, stderr=subprocess.DEVNULL)
    if (said := page(site, "/login", "--cert", certificate, "--key", key)) != (0, ""):
        raise Failed(f"{said}")


def policy_alone(site):
    status, body = page(site, "/policy")
    if status != 200 or "riverton" not in body:
        raise Failed(f"/policy: {status} {body[:500]}")
    if (way := page(site, "/")) != (303, "") or page(site, "/", "--location") != (status, body):
        raise Failed(f"/ does not lead to the policy: {way}")
    for path in ("/login", "/aim", "/aim/north-lane/picture", "/log", "/log/search", "/metrics", "/healthz", "/console.css", "/nothing"):
        status, body = page(site, path)
        if status not in (401, 403, 404) or "north-lane" in body or "box-7" in body:
            raise Failed(f"{path}: {status} {body[:500]}")
