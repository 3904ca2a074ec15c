#!/usr/bin/env bash
# assemble.sh PUBLISHED VERSION ARCHITECTURE OUT: one .deb from a published folder; ARCHITECTURE is amd64 or arm64.
# The same input and SOURCE_DATE_EPOCH give the same bytes, whoever builds, when and where.
set -euo pipefail
published=$1 version=$2 architecture=$3 out=$4
: "${SOURCE_DATE_EPOCH:?seconds since 1970 that every file is dated}"
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
sources=$(cd "$(dirname "$0")/.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

# place MODE FROM TO
place() { install -D -m "$1" "$2" "$stage/$3"; }

# Not shipped: what takes dumps of a process or looks into one, and symbols. deps.json names some of it; the host does not insist.
unwanted=(createdump libmscordaccore.so libmscordbi.so libcoreclrtraceptprovider.so '*.pdb')
skip=()
for name in "${unwanted[@]}"; do skip+=(! -name "$name"); done
while IFS= read -r file; do place 644 "$published/$file" "usr/lib/edge-agent/$file"; done \
    < <(cd "$published" && find . -type f "${skip[@]}" -printf '%P\n' | sort)
chmod 755 "$stage/usr/lib/edge-agent/edge-agent"
mkdir -p "$stage/usr/bin"
ln -s ../lib/edge-agent/edge-agent "$stage/usr/bin/edge-agent"

place 644 "$sources/systemd/edge-agent.service" lib/systemd/system/edge-agent.service
for unit in edge-export edge-stick; do place 644 "$sources/systemd/$unit@.service" "lib/systemd/system/$unit@.service"; done
place 644 "$sources/systemd/udev.rules" lib/udev/rules.d/90-edge-agent.rules
place 644 "$sources/systemd/edge-vision.service" lib/systemd/system/edge-vision.service
place 644 "$sources/systemd/journald-vision.conf" usr/lib/systemd/journald@edge-vision.conf.d/edge-agent.conf
place 644 "$sources/systemd/sysusers.conf" usr/lib/sysusers.d/edge-agent.conf
place 644 "$sources/systemd/tmpfiles.conf" usr/lib/tmpfiles.d/edge-agent.conf
place 644 "$sources/package/completion.bash" usr/share/bash-completion/completions/edge-agent
place 644 "$sources/package/lintian-overrides" usr/share/lintian/overrides/edge-agent

documents=usr/share/doc/edge-agent
for page in install configuration cameras cli usb gpio; do place 644 "$sources/docs/$page.md" "$documents/$page.md"; done
place 644 "$sources/docs/configuration.schema.json" "$documents/configuration.schema.json"
place 644 "$sources/package/edge.json" "$documents/examples/edge.json"
for drop_in in local-camera network-camera gpio; do place 644 "$sources/systemd/$drop_in.conf" "$documents/examples/$drop_in.conf"; done
mkdir -p "$stage/usr/share/man/man1"
/usr/bin/python3 "$sources/package/manual.py" "$sources/docs/cli.md" "$version" > "$stage/usr/share/man/man1/edge-agent.1"
gzip -9n "$stage/usr/share/man/man1/edge-agent.1"
{
    echo "edge-agent ($version) stable; urgency=medium"
    echo
    echo "  * See the project's CHANGELOG.md."
    echo
    echo " -- The Edge authors <edge@example.invalid>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} > "$stage/$documents/changelog"
gzip -9n "$stage/$documents/changelog"
/usr/bin/python3 "$sources/package/sbom.py" "$published" "$version" "$architecture" "$sources" "$stage/$documents/sbom.cdx.json" "$stage/$documents/copyright"

libraries='libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), libssl3, systemd (>= 252), ffmpeg'
missing=''
if [ -e "$published/libOpenCvSharpExtern.so" ]; then libraries+=', libgtk-3-0, libatomic1'
else missing='
 .
 This build has no OpenCV: no native library of it is published for this
 architecture. It keeps an agency, verifies logs and checks configurations;
 it reads plates only once libOpenCvSharpExtern.so of the same version lies
 in /usr/lib/edge-agent.'
fi
mkdir "$stage/DEBIAN"
cat > "$stage/DEBIAN/control" <<CONTROL
Package: edge-agent
Version: $version
Architecture: $architecture
Maintainer: The Edge authors <edge@example.invalid>
Installed-Size: $(find "$stage" -path "$stage/DEBIAN" -prune -o -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
Depends: $libraries
Recommends: tzdata, libgpiod2
Suggests: chrony | systemd-timesyncd
Section: misc
Priority: optional
Description: plate reader that forgets those nobody has a case for
 A box beside roadside cameras that finds the plates a documented case looks
 for and forgets every other one. Hits are sealed so that only the agency
 can open them; everything it does is in a log that a stranger can check.$missing
CONTROL
for script in preinst postinst prerm postrm; do
    sed "s/@VERSION@/$version/g" "$sources/package/$script" > "$stage/DEBIAN/$script"
    chmod 755 "$stage/DEBIAN/$script"
done
(cd "$stage" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) > "$stage/DEBIAN/md5sums"

find "$stage" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
# zstd: a box unpacks it in a ninth of the time that xz takes, and the file is a tenth larger. One thread: how the input is cut depends on how many there are.
dpkg-deb --root-owner-group --threads-max=1 -Zzstd -z"${COMPRESSION:-19}" --build "$stage" "$out" >/dev/null
