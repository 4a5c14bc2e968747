#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the Raspberry Pi 4's device tree: pi4_device_tree.sh FILE
# It comes from Debian 13's kernel for arm64 (Debian 12's has no symbols, so that no overlay fits
# it): about 90 MB through apt from this machine's own mirror, with lists and state of its own.
set -euo pipefail

readonly WANTED=$1 SUITE=trixie
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -s $WANTED ]] && exit 0

# shellcheck disable=SC2016 # the dollar sign is apt's
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep '/debian/*$' | grep -v raspberrypi | sort -u | head -n 1 || true)
[[ $mirror ]] || { echo "pi4_device_tree.sh: this machine's apt sources name no Debian mirror" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{state/lists/partial,cache/archives/partial,dpkg,package}
: >"$scratch/dpkg/status"
echo "deb [signed-by=$KEYRING] $mirror $SUITE main" >"$scratch/sources.list"
options=(
  -o "APT::Architecture=arm64" -o "APT::Architectures=arm64" -o "APT::Sandbox::User="
  -o "Dir::State=$scratch/state" -o "Dir::Cache=$scratch/cache" -o "Dir::State::status=$scratch/dpkg/status"
  -o "Dir::Etc::sourcelist=$scratch/sources.list" -o "Dir::Etc::sourceparts=/dev/null"
)
apt-get "${options[@]}" update -qq
kernel=$(apt-cache "${options[@]}" depends linux-image-arm64 | sed -n 's/^ *Depends: //p' | head -n 1)
cd "$scratch/package"
apt-get "${options[@]}" download -qq "$kernel"
# tar stops at the one file it wants, and dpkg-deb is told so by a closed pipe
dpkg-deb --fsys-tarfile ./*.deb 2>/dev/null |
  tar -xO --occurrence=1 --wildcards -f - './usr/lib/linux-image-*/broadcom/bcm2711-rpi-4-b.dtb' >"$scratch/found" || [[ -s $scratch/found ]]
cd - >/dev/null
mkdir -p "$(dirname "$WANTED")"
mv "$scratch/found" "$WANTED"
