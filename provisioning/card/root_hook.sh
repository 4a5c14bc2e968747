#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Called by mmdebstrap inside its work: root_hook.sh ROOT. Fetches, through the new root's own apt, what a card needs beside
# its packages, and unpacks it on this machine into $CARD_PARTS: the kernel and the Pi's firmware (installed the ordinary way they would make an
# initramfs under emulation, for a quarter of an hour), the initramfs's shell, and the headers a release is compiled with.
set -euo pipefail
readonly ROOT=$1 PARTS=$CARD_PARTS
export APT_CONFIG=${MMDEBSTRAP_APT_CONFIG:?}

kernel=$(apt-cache depends linux-image-arm64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n 1)
python=$(apt-cache depends python3-dev | sed -n 's/^ *Depends: \(libpython3-dev\).*/\1/p' | head -n 1)
python=$(apt-cache depends "${python:?}" | sed -n 's/^ *Depends: \(libpython3\.[0-9]*-dev\).*/\1/p' | head -n 1)
rm -rf "$PARTS"
mkdir -p "$PARTS/debs"
cd "$PARTS/debs"
apt-get download "${kernel:?}" raspi-firmware busybox-static "${python:?}" libspeexdsp-dev
unpack() { mkdir -p "$PARTS/$1"; dpkg-deb -x "$2" "$PARTS/$1"; } # unpack FOLDER DEB
unpack kernel linux-image-*.deb
unpack firmware raspi-firmware_*.deb
unpack busybox busybox-static_*.deb
unpack headers libpython3*.deb
unpack headers libspeexdsp-dev_*.deb
for package in ./*.deb; do dpkg-deb -f "$package" Package Version | paste -sd ' '; done >"$PARTS/versions"
# shellcheck disable=SC2016 # the dollar signs are dpkg's
chroot "$ROOT" dpkg-query -W -f '${Package} ${Version}\n' >"$PARTS/packages"
rm -r "$PARTS/debs"
