#!/usr/bin/env bash
# Everything one does with this project. ./build.sh help
set -euo pipefail
here=$PWD
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

agent=$PWD/Edge.Agent/bin/Release/net10.0/edge-agent
tests=Edge.Tests/bin/Release/net10.0/Edge.Tests
data=${EDGE_SHARED:-../shared}/data
artifacts=${EDGE_ARTIFACTS:-artifacts}

# OpenCV's native library loads GTK and libatomic; ffmpeg decodes RTSP.
runtime_packages=(libgtk-3-0 libatomic1 ffmpeg)
# A real broker and a real RTSP server for the tests; another implementation of the log.
test_packages=(mosquitto python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-tools procps iproute2 systemd
    golang-go golang-golang-x-mod-dev chromium zbar-tools e2fsprogs)
training_packages=(python3-torch python3-numpy python3-opencv python3-pil python3-onnx libopenblas0-pthread)

say() { printf '\033[1m> %s\033[0m\n' "$*" >&2; }
die() { printf '\033[31m%s\033[0m\n' "$*" >&2; exit 1; }

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

need() {
    command -v dpkg-query >/dev/null || { say "not a Debian system: make sure it has what these packages bring: $*"; return; }
    local missing=() package
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=(sudo)
        else die "Debian packages are missing. As root: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"; fi
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# unless_built STAMP COMMAND…: runs it unless nothing has changed since the last time.
unless_built() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: see https://learn.microsoft.com/dotnet/core/install/linux-debian"
    local stamp=.build/$1 changed
    shift
    changed=$(find Edge.* models Directory.*.props global.json BannedSymbols.txt .editorconfig \
        \( -name bin -o -name obj -o -path models/training \) -prune -o -type f -newer "$stamp" -print -quit 2>/dev/null || true)
    [ -f "$stamp" ] && [ -z "$changed" ] && return
    if [ -f "$stamp" ]; then say "building ${stamp#.build/}"; else say "building ${stamp#.build/}; the first build takes minutes"; fi
    mkdir -p .build
    touch "$stamp.new"
    "$@" -c Release -v quiet --nologo >&2 || die "the build failed"
    mv "$stamp.new" "$stamp"
}

# build PROJECT: compiles it.
build() { unless_built "$1" dotnet build "$1"; }

# build_ahead: the agent compiled ahead of time, as the package has it: what is measured is what runs on a box.
build_ahead() {
    local machine
    case $(uname -m) in x86_64) machine=x64 ;; aarch64) machine=arm64 ;; *) die "no package for $(uname -m)" ;; esac
    agent=$PWD/.build/ahead/edge-agent
    unless_built Edge.Agent-ahead dotnet publish Edge.Agent -r "linux-$machine" --no-self-contained -p:PublishReadyToRun=true -o .build/ahead
}

# Paths that were typed are relative to where they were typed.
demo() { need "${runtime_packages[@]}"; build Edge.Agent; cd "$here"; exec "$agent" demo "$@"; }

run() { need "${runtime_packages[@]}"; build Edge.Agent; cd "$here"; exec "$agent" "$@"; }

# other_parts NAME FOLDER: other people's implementations for the tests of interoperation, exactly as locked in FOLDER; says where.
other_parts() {
    local name=$1 from=$2 home=$PWD/.build/$1
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    if ! cmp -s "$from/package-lock.json" "$home/package-lock.json" || [ ! -d "$home/node_modules" ]; then
        say "installing what $name needs"
        rm -rf "$home"
        mkdir -p "$home"
        cp "$from/package.json" "$home/"
        (cp "$from/package-lock.json" "$home/" && cd "$home" && npm ci --ignore-scripts --no-audit --no-fund --silent) \
            || { say "npm cannot install it: the tests of interoperation are skipped"; rm -rf "$home"; return 1; }
    fi
    echo "$home"
}

# An independent TUF, a hub of mqtt, jose and an HPKE library, and what drives a browser at the console; skipped where npm is not there.
interop() {
    local home
    if home=$(other_parts interop Edge.Tests/Trust/interop); then export EDGE_TUF_JS=${EDGE_TUF_JS:-$home}; fi
    if home=$(other_parts hub-interop Edge.Tests/Contract/interop); then export EDGE_HUB_JS=${EDGE_HUB_JS:-$home}; fi
    if home=$(other_parts console-browser Edge.Tests/LanConsole/browser); then export EDGE_CONSOLE_JS=${EDGE_CONSOLE_JS:-$home}; fi
}

run_tests() {
    need "${runtime_packages[@]}" "${test_packages[@]}" "${training_packages[@]}"
    build Edge.Tests
    interop
    say "testing"
    local log=.build/test.log status=0
    # Decoders complain about the hostile pictures that the tests feed them: the log keeps that, the screen does not.
    set +e
    "$tests" -noColor "$@" 2>"$log.err" | tee "$log" | grep --line-buffered -vE '^ +(Discover|Start|Finish)|^libpng|^edge-agent: '
    status=${PIPESTATUS[0]}
    set -e
    # "Edge.Tests  Total: 72, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.2s"
    local total errors failed skipped
    read -r total errors failed skipped < <(sed -nE \
        's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$log" | tail -n 1) \
        || die "the test run ended without a summary; see $log"
    [ "$status" -eq 0 ] || [ $((failed + errors)) -gt 0 ] || failed=1
    printf '%d passed, %d failed, %d skipped\n' $((total - failed - errors - skipped)) $((failed + errors)) "$skipped"
    return "$status"
}

# bench NAME: one measurement; alone all that have a goal.
bench() {
    case ${1:-} in
        recognition)
            shift
            need "${runtime_packages[@]}"
            build_ahead
            [ -d "$data" ] || die "no labelled pictures at $data: set EDGE_SHARED to the folder that holds data/"
            local from
            from=$(cd "$data" && pwd)
            cd "$here"
            exec "$agent" bench recognition "$from" "$@"
            ;;
        box)
            shift
            need "${runtime_packages[@]}"
            build_ahead
            local footage=()
            [ $# -gt 0 ] && [[ $1 != -* ]] || footage=("$(realpath -m "$data/footage/toll-lane.mp4")")
            cd "$here"
            exec "$agent" bench box "${footage[@]}" "$@"
            ;;
        hub)
            shift
            need "${runtime_packages[@]}" mosquitto
            build_ahead
            cd "$here"
            exec "$agent" bench hub "$@"
            ;;
        alert)
            shift
            need "${runtime_packages[@]}" mosquitto
            build_ahead
            cd "$here"
            exec "$agent" bench alert "$@"
            ;;
        log | growth)
            build_ahead
            cd "$here"
            exec "$agent" bench "$@"
            ;;
        help | -h | --help)
            cat <<'BENCHES'
./build.sh bench               every measure that has a goal, in one table, some ten minutes: options --json, --minutes, --seconds, --data, --folder; see docs/performance.md
./build.sh bench recognition   accuracy and speed on labelled pictures, beside the public reader; see docs/accuracy.md
./build.sh bench box           cameras: frames a second, processor, memory, start, by number of cameras; see docs/performance.md
./build.sh bench alert         the whole way from a camera's picture to the alert at the hub, and the box's memory meanwhile; see docs/performance.md
./build.sh bench hub           the hub link: verify and open per core, a box's durable publish rate, latency; see docs/fleet.md
./build.sh bench log           the audit log: durable appends, and verifying a million entries; see docs/audit-log.md
./build.sh bench growth        what grows: hotlists, logs, summaries of a year; see docs/performance.md
BENCHES
            ;;
        '' | -*)
            need "${runtime_packages[@]}" mosquitto
            build_ahead
            local where=()
            [[ " $* " == *" --data "* ]] || where=(--data "$(realpath -m "$data")")
            cd "$here"
            exec "$agent" bench "${where[@]}" "$@"
            ;;
        *) die "unknown bench '$1': ./build.sh bench --help lists them" ;;
    esac
}

# The recipe that made the models, from nothing; needs Debian's python3-torch, hours, and the photographs.
train() {
    if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
        [ -x /usr/bin/python3 ] || need python3
        exec /usr/bin/python3 models/training/recipe.py --help
    fi
    need "${runtime_packages[@]}" "${training_packages[@]}"
    build Edge.Agent
    local root=$PWD data_option=()
    [[ " $* " == *" --data "* ]] || data_option=(--data "$(realpath -m "$data")")
    cd "$here"
    exec /usr/bin/python3 "$root/models/training/recipe.py" "${data_option[@]}" "$@"
}

# EDGE_VERSION: another one, for whoever tries an upgrade.
project_version() { echo "${EDGE_VERSION:-$(sed -nE 's/.*<VersionPrefix>(.*)<.*/\1/p' Directory.Build.props)}"; }

# verifier [ARCHITECTURE…]: for this machine's unless named: the auditor's program, a file that needs nothing but Linux: no agent, no camera, no model, no .NET.
verifier() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: see https://learn.microsoft.com/dotnet/core/install/linux-debian"
    local architecture name
    [ $# -gt 0 ] || set -- "$(dpkg --print-architecture 2>/dev/null || uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')"
    mkdir -p "$artifacts"
    for architecture in "$@"; do
        case $architecture in amd64 | arm64) ;; *) die "unknown architecture '$architecture': amd64 or arm64" ;; esac
        name=edge-verify_$(project_version)_$architecture
        say "publishing $name"
        rm -rf ".build/verifier-$architecture"
        dotnet publish Edge.Agent/Verifier -c Release -r "linux-${architecture/amd64/x64}" --self-contained -v quiet --nologo \
            -p:ContinuousIntegrationBuild=true -p:DeterministicSourcePaths=true -o ".build/verifier-$architecture" >&2 || die "the build failed"
        install -m 755 ".build/verifier-$architecture/edge-verify" "$artifacts/$name"
        echo "$artifacts/$name, $(($(stat -c %s "$artifacts/$name") >> 20)) MiB: give it to auditors; try it: $artifacts/$name verify DIR --key FILE"
    done
}

# package [ARCHITECTURE…]: all of them, with the verifier and checksums; named ones alone for whoever is trying something.
package() {
    need dpkg python3
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: see https://learn.microsoft.com/dotnet/core/install/linux-debian"
    local version architecture published name
    version=$(project_version)
    # Everything in the package is dated by the commit, so that whoever builds it again gets the same bytes.
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
    export SOURCE_DATE_EPOCH
    mkdir -p "$artifacts"
    rm -f "$artifacts"/*
    [ $# -gt 0 ] || set -- amd64 arm64
    for architecture in "$@"; do
        case $architecture in amd64 | arm64) ;; *) die "unknown architecture '$architecture': amd64 or arm64" ;; esac
        name=edge-agent_${version}_$architecture
        published=$PWD/.build/published-$architecture
        say "packaging $name"
        rm -rf "$published"
        # The paths of this checkout are not compiled in: another one gives the same assemblies.
        dotnet publish Edge.Agent -c Release -r "linux-${architecture/amd64/x64}" --self-contained -v quiet --nologo -p:PublishReadyToRun=true \
            -p:VersionPrefix="$version" -p:ContinuousIntegrationBuild=true -p:DeterministicSourcePaths=true -o "$published" >&2 || die "the build failed"
        package/assemble.sh "$published" "$version" "$architecture" "$artifacts/$name.deb"
        dpkg-deb --fsys-tarfile "$artifacts/$name.deb" | tar -xO ./usr/share/doc/edge-agent/sbom.cdx.json > "$artifacts/$name.cdx.json"
    done
    verifier "$@" >/dev/null
    (cd "$artifacts" && sha256sum -- *.deb *.cdx.json edge-verify_* | tee SHA256SUMS)
}

# appliance_test [OPTIONS]: the whole box in a machine; the image is made anew when what makes it has changed, the package when anything has.
appliance_test() {
    local parts=Edge.Tests/Appliance work=.build/appliance image changed version
    need "${runtime_packages[@]}" mosquitto qemu-system-x86 qemu-utils debootstrap debian-archive-keyring e2fsprogs dosfstools exfatprogs fdisk faketime curl openssl python3
    [ "$(id -u)" -eq 0 ] || die "as root: debootstrap makes a Debian's files, which belong to root"
    image=$work/image-$(cat "$parts/image.sh" "$parts"/guest/* | sha256sum | cut -c1-16)
    if [ ! -f "$image/disk.img" ]; then
        say "making a Debian 12"
        mkdir -p "$image"
        "$parts/image.sh" "$image" > "$work/image.log" 2>&1 || die "it could not be made: see $work/image.log"
    fi
    changed=$(find Edge.Agent Edge.Storage Edge.Vision models package systemd docs Directory.*.props \( -name bin -o -name obj -o -path models/training \) \
        -prune -o -type f -newer "$work/packaged" -print -quit 2>/dev/null || true)
    if [ ! -f "$work/packaged" ] || [ -n "$changed" ]; then
        touch "$work/packaged.new"
        # The same code under the next version's number, for the upgrade; first, so that what is built last is what is tried.
        version=$(project_version)
        EDGE_VERSION=${version%.*}.$((${version##*.} + 1)) EDGE_ARTIFACTS=$work/next COMPRESSION=1 ./build.sh package amd64 >/dev/null
        EDGE_ARTIFACTS=$work/artifacts COMPRESSION=1 ./build.sh package amd64 >/dev/null
        mv "$work/packaged.new" "$work/packaged"
    fi
    build Edge.Tests
    exec /usr/bin/python3 "$parts/appliance.py" --image "$image" --package "$work"/artifacts/edge-agent_*_amd64.deb \
        --next "$work"/next/edge-agent_*_amd64.deb --verifier "$work"/artifacts/edge-verify_*_amd64 --program "$agent" --tests "$tests" "$@"
}

case ${1:-help} in
    demo) shift; demo "$@" ;;
    test) shift; run_tests "$@" ;;
    run) shift; run "$@" ;;
    bench) shift; bench "$@" ;;
    train) shift; train "$@" ;;
    verifier) shift; verifier "$@" ;;
    package) shift; package "$@" ;;
    appliance-test) shift; appliance_test "$@" ;;
    format) dotnet format Edge.slnx ;;
    help | -h | --help)
        cat <<'HELP'
./build.sh demo [ARGS]   a box, a broker and a hub in one: footage in, one sealed alert out
./build.sh test          every test; ends with "N passed, N failed, N skipped"
./build.sh run ARGS      edge-agent ARGS, freshly built (try: run --help)
./build.sh bench [NAME]  every measure that has a goal, in one table; one of them by name: bench --help lists them
./build.sh train ARGS    the models from nothing: hours; try train --help
./build.sh verifier      edge-verify in artifacts/: one file that checks, searches and counts audit logs, for auditors
./build.sh package       Debian packages for amd64 and arm64, the verifier, parts lists and checksums in artifacts/ (COMPRESSION=1 is faster and larger)
./build.sh appliance-test the whole box in a machine under QEMU: package, setup, first alert, power cuts, sticks, strangers; an hour, root
./build.sh format        the code as .editorconfig wants it
HELP
        ;;
    *) die "unknown verb '$1': ./build.sh help" ;;
esac
