"""manual.py CLI.MD VERSION: the man page, from the tables of docs/cli.md, so that there is one list of verbs and exit codes."""
import re
import sys


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`([^`]*)`|\*([^*]*)\*", lambda found: f"\\fB{found[1]}\\fR" if found[1] else f"\\fI{found[2]}\\fR", text)
    return "\\&" + text if text[:1] in ".'" else text


def rows(page, heading):
    """The cells of the first table under a line that begins with heading."""
    lines = page[page.index(heading):].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


page = open(sys.argv[1], encoding="utf-8").read()
out = [f'.TH EDGE-AGENT 1 "" "edge-agent {sys.argv[2]}" "Edge"', ".SH NAME", "edge\\-agent \\- plate reader that forgets those nobody has a case for",
       ".SH SYNOPSIS", "\\fBedge\\-agent\\fR \\fIVERB\\fR [\\fIOPTIONS\\fR]", ".SH DESCRIPTION",
       "A box beside roadside cameras that finds the plates a documented case looks for and forgets every other one. \\fBedge\\-agent\\fR "
       "\\fIVERB\\fR \\fB\\-\\-help\\fR shows the options of a verb.", ".SH VERBS"]
for verb, does in rows(page, "| verb |"):
    out += [".TP", roff(verb), roff(does)]
out.append(".SH EXIT STATUS")
for code, name, meaning in rows(page, "| code |"):
    out += [".TP", f"\\fB{code}\\fR {roff(name)}", roff(meaning)]
out += [".SH SIGNALS", ".TP", "\\fBSIGHUP\\fR", "\\fBrun\\fR as a service takes its configuration anew, whole or not at all; \\fBsystemctl reload edge\\-agent\\fR sends it. "
        "Cameras, gate, rules, console, metrics port and outbox size change while it runs; the rest needs a restart.",
        ".TP", "\\fBSIGTERM\\fR, \\fBSIGINT\\fR", "ends in order."]
out += [".SH FILES"]
for path, what in (("/etc/edge/edge.json", "the configuration; see /usr/share/doc/edge\\-agent/configuration.md"),
                   ("/etc/edge/enrolment", "the box's certificate and TLS key, the agency's CA and root of trust"),
                   ("/var/lib/edge\\-agent", "keys, sealed hits, what waits for the broker, the audit log"),
                   ("/run/edge-agent/health.json", "how the running box is, for \\fBstatus\\fR and \\fBdoctor\\fR"),
                   ("/etc/credstore.encrypted/edge\\-agent.wrap", "the wrapping key as an encrypted credential, where there is one")):
    out += [".TP", f"\\fI{path}\\fR", what]
out += [".SH SEE ALSO", "\\fBsystemctl\\fR(1), \\fBjournalctl\\fR(1), \\fBsystemd\\-creds\\fR(1)"]
print("\n".join(out))
