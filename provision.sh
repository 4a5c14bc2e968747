#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One door: ./provision.sh demo | test | lint | bench | build | install | update | doctor | uninstall | image | personalise | release.
# Run it again at any time; what is done stays done.
set -Eeuo pipefail
readonly CALLED_FROM=$PWD # what names of files are relative to
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly VENV=.venv BUILD=build
APT_RUN=(python3 python3-venv python3-dev gcc libc6-dev make espeak-ng libportaudio2 libspeexdsp-dev)
[[ $(uname -m) != armv7l ]] || APT_RUN+=(g++ libffi-dev) # there are hardly any wheels for it: pip compiles
readonly APT_RUN
readonly APT_TEST=(libcmocka-dev chromium valgrind shellcheck jackd2 sox libsox-fmt-base device-tree-compiler
  cppcheck clang clang-tidy gcovr gcc-arm-none-eabi libnewlib-arm-none-eabi ngspice poppler-utils systemd bats fakeroot python3-jsonschema zbar-tools)
# what an SD card's image is made with, on a laptop; mkfs.vfat to bmaptool without a loop device or a mount
readonly APT_IMAGE=(mmdebstrap qemu-user-static arch-test debian-archive-keyring binutils kmod cpio xz-utils zstd dosfstools mtools
  e2fsprogs fdisk device-tree-compiler bmap-tools qrencode systemd)
readonly APT_KICAD=(kicad kicad-symbols) # version 9: Debian 13 has it, Debian 12 in its backports
readonly REAL_TIME=(tests/real tests/web/test_end_to_end.py) # these want the machine for themselves
readonly BOOTED=(tests/guest)                                # the card's image in QEMU: test image
LOCKS=(requirements.lock)
case $(uname -m) in aarch64 | armv7l) LOCKS+=(requirements-pi.lock) ;; esac # a Raspberry Pi, or as good as one
readonly LOCKS
readonly PIP_RUN_MB=25 PIP_TEST_MB=112

usage() {
  cat <<'TEXT'
Counterbell: a call center in a box for small shops.

  ./provision.sh demo    install what is needed, start an emulated telephone network, the telephony
                         daemon and the owner's page, and place a first call. Ctrl-C ends it all.
  ./provision.sh test    install what the tests need besides, and run every test
  ./provision.sh test image [IMAGE]  boot the card's image in QEMU, call it, kill it, cut its power
  ./provision.sh lint    ruff, mypy, shellcheck (after test)
  ./provision.sh bench   measure: latency, cost of a call, the core's speed; prints tables
  ./provision.sh build   install and build only

  ./provision.sh install    make a box of this machine: programs, users, services, device rules
  ./provision.sh update     another release on this box, out of one signed file: FILE, URL or --usb; it takes a test call first,
                            and the one before comes back when anything fails
  ./provision.sh doctor     what is plugged in, whether it and the box are well, and the next step (--json)
  ./provision.sh uninstall  take it away again; the shop's data stays unless --purge

  ./provision.sh image      make an SD card's image (arm64; Raspberry Pi 3 and 4): build/card/out
  ./provision.sh personalise IMAGE   give it, or a flashed card, a claim code of its own, and print its label
  ./provision.sh release --key FILE [--out DIR] [--release DIR]   build and sign such a file, for this Python and machine
  ./provision.sh release-key FILE                                 make a pair of keys: FILE and FILE.pub

Debian 12 or 13, or Raspberry Pi OS. Asks for root (sudo) only to install Debian packages that are
missing, and names them first. Everything else stays in this folder: .venv/ and build/.
Install: --plan says what would change and changes nothing; --root DIR installs into a folder that becomes a card's file
system; --offline DIR takes Python packages out of a folder; --hat or --no-hat: whether a line-card HAT takes the header's serial port.
Image: --out DIR; --fresh takes today's Debian packages; --url URL is where it will be downloaded; --root-tar, --release: made elsewhere.
Update: --plan, --root DIR; --allow-older goes back to an older release. More: docs/updates.md
Demo options: --port N (web page, default 8080), --state DIR (default build/demo), --listen ADDRESS
TEXT
}

# shellcheck source=provisioning/common.sh
source provisioning/common.sh
# shellcheck source=provisioning/laptop.sh
source provisioning/laptop.sh

command=${1:-help}
shift || true
case $command in
  demo)
    prepare_run
    exec "$VENV/bin/counterbell" demo "$@"
    ;;
  build) prepare_run ;;
  test)
    if [[ ${1:-} == image ]]; then
      # shellcheck source=provisioning/guest.sh
      source provisioning/guest.sh
      test_image "${@:2}"
      exit
    fi
    prepare_test
    say "C tests, under sanitizers"
    make --no-print-directory -s -C firmware -j "$(nproc)" -O BUILD="$PWD/$BUILD" check
    if (($#)); then
      "$VENV/bin/python" -m pytest "$@"
    else
      say "Tests of this script: a box installed into a folder"
      bats tests/provisioning
      say "Python tests: real processes in real time, one after the other"
      "$VENV/bin/python" -m pytest "${REAL_TIME[@]}"
      say "Python tests: all others"
      "$VENV/bin/python" -m pytest --numprocesses "$(nproc)" --dist loadfile "${REAL_TIME[@]/#/--ignore=}" "${BOOTED[@]/#/--ignore=}"
    fi
    ;;
  lint)
    prepare_test
    "$VENV/bin/ruff" check .
    "$VENV/bin/mypy"
    shellcheck -x provision.sh .ci/run hardware/hat/*.sh provisioning/counterbell provisioning/backup-stick provisioning/card/*.sh tests/provisioning/*.bats
    ;;
  bench)
    prepare_test
    exec "$VENV/bin/python" -m tests.bench "$@"
    ;;
  doctor)
    if [[ -x /opt/counterbell/current/.venv/bin/python ]]; then exec provisioning/counterbell doctor "$@"; fi
    prepare_run >&2 # what it says is for people, the doctor's words may be for a program
    exec "$VENV/bin/counterbell" doctor "$@"
    ;;
  install | uninstall)
    # shellcheck source=provisioning/box.sh
    source provisioning/box.sh
    # shellcheck source=provisioning/steps.sh
    source provisioning/steps.sh
    box_options "$@"
    "${command}_box"
    ;;
  refresh) # by an update: this release's services, device rules and settings in their places
    # shellcheck source=provisioning/box.sh
    source provisioning/box.sh
    # shellcheck source=provisioning/steps.sh
    source provisioning/steps.sh
    box_options "$@"
    LOG='the journal of counterbell-update'
    walk_steps files accounts services
    ;;
  update | release | release-key)
    # shellcheck source=provisioning/box.sh
    source provisioning/box.sh
    # shellcheck source=provisioning/steps.sh
    source provisioning/steps.sh
    # shellcheck source=provisioning/release.sh
    source provisioning/release.sh
    "${command//-/_}_command" "$@"
    ;;
  image | personalise)
    # shellcheck source=provisioning/box.sh
    source provisioning/box.sh
    # shellcheck source=provisioning/steps.sh
    source provisioning/steps.sh
    # shellcheck source=provisioning/card_root.sh
    source provisioning/card_root.sh
    # shellcheck source=provisioning/card_release.sh
    source provisioning/card_release.sh
    # shellcheck source=provisioning/card_disk.sh
    source provisioning/card_disk.sh
    # shellcheck source=provisioning/card_publish.sh
    source provisioning/card_publish.sh
    # shellcheck source=provisioning/card_label.sh
    source provisioning/card_label.sh
    # shellcheck source=provisioning/card.sh
    source provisioning/card.sh
    "${command}_options" "$@"
    "${command}_card"
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
