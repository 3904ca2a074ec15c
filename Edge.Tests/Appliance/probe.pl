#!/usr/bin/perl
# Stands in ffmpeg's place, as a decoder that somebody has taken over, and tries what it would like to do. Each attempt is a line: its name, and what
# came of it, "done" or the error. They are kept in memory that has no name (memfd), where root can read them: it may have nowhere else to write.
use strict;
use warnings;
use Socket;

# A film is decoded as before: hits of that camera go on.
exec "/usr/bin/ffmpeg.distrib", @ARGV if grep { /^file:/ } @ARGV;

# The room ends a decoder that brings no pictures within seconds, with its process group: what was taken over leaves that group, and is there once.
if (fork) { sleep 60; exit }
syscall(112);
my $only;
socket($only, AF_UNIX, SOCK_STREAM, 0) && bind($only, pack_sockaddr_un("\0edge-probe")) or exit;

my $name = "probe";
my $memory = syscall(319, $name, 0);
open(my $log, ">&=", $memory) or die;
$log->autoflush(1);
my %place = split /[= \n]/, do { local (@ARGV, $/) = ("/srv/probe.conf"); <> // "" };

sub tried {
    my ($name, $does) = @_;
    my $came = eval { local $SIG{ALRM} = sub { die "no answer\n" }; alarm 3; $! = 0; my $done = $does->(); my $error = "$!"; alarm 0; $done ? "done" : $error || "refused" };
    alarm 0;
    chomp($came = $@) if $@;
    print $log "$name: $came\n";
}

sub meet { my ($host, $port) = @_; my $s; socket($s, AF_INET, SOCK_STREAM, 0) && connect($s, pack_sockaddr_in($port, inet_aton($host))) }
sub knock { my ($path) = @_; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) && connect($s, pack_sockaddr_un($path)) }
sub readable { my ($path) = @_; my $f; open($f, "<", $path) && defined(sysread($f, my $bytes, 16)) }
sub writable { my ($path) = @_; my $f; open($f, ">", $path) && defined(syswrite($f, "plate")) }

tried("socket internet", sub { meet("203.0.113.1", 443) });
tried("socket camera network", sub { meet($place{host}, $place{port}) });
tried("socket listen", sub { my $s; socket($s, AF_INET, SOCK_STREAM, 0) && bind($s, pack_sockaddr_in(9999, INADDR_ANY)) && listen($s, 1) });
tried("socket datagram", sub { my $s; socket($s, AF_INET, SOCK_DGRAM, 0) && send($s, "plate", 0, pack_sockaddr_in(53, inet_aton("203.0.113.1"))) });
tried("socket packet", sub { my $s; socket($s, 17, SOCK_RAW, 0) });
tried("socket netlink", sub { my $s; socket($s, 16, SOCK_RAW, 0) });
tried("socket kernel crypto", sub { my $s; socket($s, 38, SOCK_STREAM, 0) });
tried("socket machine", sub { my $s; socket($s, 40, SOCK_STREAM, 0) });
tried("knock door", sub { knock("/run/edge-door/vision.sock") });
tried("knock stick door", sub { knock("/run/edge-agent/stick.sock") });
tried("knock bus", sub { knock("/run/dbus/system_bus_socket") });
tried("knock systemd", sub { knock("/run/systemd/private") });

tried("read $_", sub { readable($_) }) for qw(/etc/shadow /etc/edge/edge.json /var/lib/edge-agent/audit/checkpoint /var/lib/edge-agent/keys/message.key
    /etc/credstore.encrypted/edge-agent.wrap /run/edge-agent/health.json /root/box-7.answer.json /proc/1/environ /dev/vda /dev/mem /dev/kmsg /dev/input/event0);
tried("read memory of vision", sub { readable("/proc/$place{vision}/mem") });
tried("read environment of vision", sub { readable("/proc/$place{vision}/environ") });
tried("read memory of agent", sub { readable("/proc/$place{agent}/mem") });

tried("write $_", sub { writable("$_/probe") }) for qw(/tmp /var/tmp /dev/shm /dev /run /run/edge-door /etc /usr/bin /srv /var/lib /var/log /home /root);
tried("write core pattern", sub { writable("/proc/sys/kernel/core_pattern") });

tried("process trace vision", sub { syscall(101, 16, $place{vision} + 0, 0, 0) == 0 });
tried("process read vision", sub { my $word = "\0" x 8; my $vec = pack("PQ", $word, 8); syscall(310, $place{vision} + 0, $vec, 1, $vec, 1, 0) > 0 });
tried("process take descriptor of vision", sub { my $fd = syscall(434, $place{vision} + 0, 0); $fd >= 0 && syscall(438, $fd, 0, 0) >= 0 });
tried("process signal agent", sub { kill(0, $place{agent}) });
tried("process signal systemd", sub { kill(0, 1) });
tried("process see others", sub { my $d; opendir($d, "/proc"); scalar grep { /^\d+$/ && -e "/proc/$_" && (stat("/proc/$_"))[4] != $> } readdir($d) });
tried("become root", sub { syscall(105, 0) == 0 });
tried("namespace", sub { syscall(272, 0x10000000) == 0 });
tried("mount", sub { my ($what, $where, $kind) = ("none", "/mnt", "tmpfs"); syscall(165, $what, $where, $kind, 0, 0) == 0 });
tried("bpf", sub { my $empty = "\0" x 64; syscall(321, 0, $empty, 64) >= 0 });
tried("io_uring", sub { my $empty = "\0" x 120; syscall(425, 1, $empty) >= 0 });
tried("userfaultfd", sub { syscall(323, 0) >= 0 });
tried("key", sub { syscall(250, 0, -3, 1) >= 0 });
tried("reboot", sub { syscall(169, 0xfee1dead, 672274793, 0, 0) == 0 });
tried("set-uid program", sub { system("/usr/bin/su -c true nobody 2>/dev/null") == 0 });
tried("finished", sub { 1 });
sleep 600;
