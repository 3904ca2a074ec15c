#!/usr/bin/env bash
# image.sh OUT: a Debian 12 as it comes from a mirror, as OUT/disk.img with the kernel and initrd beside it; needs root, because debootstrap does.
# What edge-agent depends on lies in its apt cache, as it would on a technician's stick, or is installed already with DEPENDENCIES=installed.
set -euo pipefail
out=$1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
guest=$(cd "$(dirname "$0")/guest" && pwd)
root=$out/root
trap 'umount -q "$root/proc" || true' EXIT

mkdir -p "$out/debs"
rm -rf "$root"
debootstrap --variant=minbase --cache-dir="$(realpath "$out/debs")" \
    --include=systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,ca-certificates,openssl,procps,gdisk,dosfstools,linux-image-amd64 bookworm "$root" "$mirror"

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
mount -t proc proc "$root/proc"
inside apt-get install -y --no-install-recommends $([ "${DEPENDENCIES:-installed}" = installed ] || echo --download-only) ffmpeg libgtk-3-0 libatomic1 tzdata libgpiod2
umount "$root/proc"

echo box > "$root/etc/hostname"
echo '127.0.0.1 localhost box' > "$root/etc/hosts"
echo '/dev/vda / ext4 defaults,errors=remount-ro 0 1' > "$root/etc/fstab"
echo 'LANG=C.UTF-8' > "$root/etc/default/locale"
printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' > "$root/etc/systemd/network/wired.network"
install -m 755 "$guest/shell.sh" "$root/usr/local/sbin/test-shell"
install -m 644 "$guest/test-shell.service" "$root/etc/systemd/system/test-shell.service"
# A login on a serial line hangs up whatever else writes there; daily timers would only make the measurements differ.
inside systemctl enable -q systemd-networkd test-shell
inside systemctl mask -q serial-getty@ttyS0 getty@tty1 apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
inside passwd -q -l root

cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$root"/boot/initrd.img-* "$out/initrd"
truncate -s 6G "$out/disk.new"
mkfs.ext4 -q -F -d "$root" -E lazy_itable_init=0,lazy_journal_init=0 "$out/disk.new"
rm -rf "$root"
mv "$out/disk.new" "$out/disk.img"
