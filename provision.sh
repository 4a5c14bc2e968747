#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One door: ./provision.sh demo | test | lint | bench | build. Run it again at any time; what is done stays done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly VENV=.venv BUILD=build
readonly APT_RUN=(python3 python3-venv python3-dev gcc libc6-dev make espeak-ng libportaudio2 libspeexdsp-dev)
readonly APT_TEST=(libcmocka-dev chromium valgrind shellcheck jackd2 sox libsox-fmt-base device-tree-compiler
  cppcheck clang clang-tidy gcovr gcc-arm-none-eabi libnewlib-arm-none-eabi ngspice poppler-utils systemd)
readonly APT_KICAD=(kicad kicad-symbols) # version 9: Debian 13 has it, Debian 12 in its backports
readonly REAL_TIME=(tests/real tests/web/test_end_to_end.py) # these want the machine for themselves
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
  ./provision.sh lint    ruff, mypy, shellcheck (after test)
  ./provision.sh bench   measure: latency, cost of a call, the core's speed; prints tables
  ./provision.sh build   install and build only

Debian 12 or 13, or Raspberry Pi OS. Asks for root (sudo) only to install Debian packages that are
missing, and names them first. Everything else stays in this folder: .venv/ and build/.
Demo options: --port N (web page, default 8080), --state DIR (default build/demo), --listen ADDRESS
TEXT
}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'provision.sh: %s\n' "$*" >&2; exit 1; }
trap 'fail "stopped at line $LINENO ($BASH_COMMAND). Mend what is said above and run it again: finished steps are kept."' ERR

# One line that counts what goes by, so that long work is seen to move.
# shellcheck disable=SC2016 # the dollar signs are awk's
count_lines() {
  awk -v wanted="$1" '$0 ~ wanted { n++; printf "\r    %3d  %-66.66s", n, $0; fflush() } END { if (n) print "" }'
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    fail "these Debian packages need root: ${missing[*]}. Install them as root, then run this again."
  fi
}

apt_step() { # apt_step PACKAGE...
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || fail "needs Debian, Raspberry Pi OS or another system with apt-get"
  say "Debian packages to install (root needed): ${missing[*]}"
  as_root apt-get update -qq
  local need
  need=$(LC_ALL=C apt-get install --no-install-recommends --assume-no "${missing[@]}" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives.*/\1/p' || true)
  say "Downloading ${need:-the packages} ..."
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get install -y --no-install-recommends \
    -o Dpkg::Progress-Fancy=0 -o APT::Color=0 "${missing[@]}" |
    count_lines '^(Get:|Setting up)'
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || fail "apt-get did not install: ${missing[*]}"
}

kicad_version() { kicad-cli version 2>/dev/null | cut -d. -f1; }

# KiCad 9 checks the schematics. Debian 12 has it in its backports: where they are not among the machine's sources, they are read from
# the same mirror through sources and lists of our own, so that the machine's stay as they are.
kicad_step() {
  [[ $(kicad_version) == 9 && -z $(missing_packages "${APT_KICAD[@]}") ]] && return 0
  command -v apt-get >/dev/null || fail "the schematics need KiCad 9 (kicad-cli) and its symbols"
  local folder codename size options=()
  folder=$(mktemp -d)
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  missing=("${APT_KICAD[@]}")
  if [[ $codename == bookworm ]]; then
    mkdir "$folder/sources" "$folder/lists"
    cp /etc/apt/sources.list.d/*.{list,sources} "$folder/sources/" 2>/dev/null || true
    cp -r /var/lib/apt/lists/. "$folder/lists/" 2>/dev/null || true # spares a download
    backports_source "$codename" "$folder/sources/counterbell-backports.sources"
    chmod -R a+rX "$folder"
    options=(-o "Dir::Etc::sourceparts=$folder/sources" -o "Dir::State::lists=$folder/lists" -o APT::Sandbox::User=root)
  fi
  as_root apt-get "${options[@]}" update -qq
  [[ $codename != bookworm ]] || options+=(-t "$codename-backports")
  size=$(LC_ALL=C apt-get "${options[@]}" install --no-install-recommends --assume-no "${APT_KICAD[@]}" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives.*/\1/p' || true)
  say "KiCad 9 checks the schematics: ${APT_KICAD[*]}. Downloading ${size:-about 150 MB} (root needed) ..."
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get "${options[@]}" install -y --no-install-recommends \
    -o Dpkg::Progress-Fancy=0 -o APT::Color=0 "${APT_KICAD[@]}" |
    count_lines '^(Get:|Setting up)'
  as_root rm -rf "$folder"
  [[ $(kicad_version) == 9 ]] || fail "KiCad 9 is not here, and the schematics are not checked without it. Install kicad 9 and kicad-symbols, then run this again."
}

backports_source() { # backports_source CODENAME FILE
  local mirror suites
  # shellcheck disable=SC2016 # the dollar signs are apt's
  suites=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)')
  grep -q " $1-backports main" <<<"$suites" && return 0 # the machine has them
  mirror=$(awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }' <<<"$suites")
  [[ -n $mirror ]] || fail "no Debian mirror for $1 among the machine's apt sources: KiCad 9 can't be fetched"
  printf '%s\n' 'Types: deb' "URIs: $mirror" "Suites: $1-backports" 'Components: main' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$2"
}

python_step() { # python_step STAMP LOCK...
  local stamp=$VENV/$1; shift
  local want
  want=$( (python3 --version; cat "$@") | sha256sum | cut -d' ' -f1)
  [[ -f $stamp && $(<"$stamp") == "$want" ]] && return 0
  say "Python packages into $VENV/ (locked versions, checked by hash) ..."
  [[ -x $VENV/bin/python ]] || python3 -m venv "$VENV"
  local arguments=() lock
  for lock in "$@"; do arguments+=(-r "$lock"); done
  "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --progress-bar off "${arguments[@]}" |
    count_lines '^(Collecting|Installing)'
  printf '%s\n' "$want" >"$stamp"
}

build_step() {
  say "Building the audio loop and the line card's firmware ..."
  make --no-print-directory -s -C firmware -j "$(nproc)" BUILD="$PWD/$BUILD" all
  local want
  want=$(cat setup.py pyproject.toml appliance/audio/build_*binding.py firmware/audio/include/audio_loop.h firmware/card/include/card_side.h "$BUILD"/lib*.a |
    sha256sum | cut -d' ' -f1)
  if [[ ! -f $VENV/binding.stamp || $(<"$VENV/binding.stamp") != "$want" ]]; then
    "$VENV/bin/python" setup.py -q build_ext --inplace --build-temp "$BUILD/binding" 2>&1 | grep -v -i warning || true
    "$VENV/bin/pip" install --disable-pip-version-check -q --no-deps --no-build-isolation --editable .
    printf '%s\n' "$want" >"$VENV/binding.stamp"
  fi
  [[ -d $BUILD/prompts ]] || say "Speaking the default prompts (once) ..."
  "$VENV/bin/python" -c 'from appliance.prompt_making import make_installed_prompts as make; make()'
}

hardware_step() {
  local tree=$BUILD/pi4/bcm2711-rpi-4-b.dtb
  [[ -s $tree ]] || say "Device tree of the Raspberry Pi 4, out of Debian 13's kernel (about 90 MB, once) ..."
  hardware/hat/pi4_device_tree.sh "$tree"
}

npm_step() { # npm_step FOLDER: packages of its lock, checked by hash; Node.js from Debian when there is none
  local folder=$1 want
  command -v npm >/dev/null || apt_step nodejs npm
  want=$( (node --version; cat "$folder/package-lock.json") | sha256sum | cut -d' ' -f1)
  [[ -f $folder/node_modules/.stamp && $(<"$folder/node_modules/.stamp") == "$want" ]] && return 0
  say "JavaScript packages into $folder/node_modules/ (locked versions, checked by hash) ..."
  (cd "$folder" && npm ci --omit=dev --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$want" >"$folder/node_modules/.stamp"
}

prepare_run() {
  apt_step "${APT_RUN[@]}"
  python_step run.stamp "${LOCKS[@]}"
  build_step
}

prepare_test() {
  say "Tests need about ${PIP_TEST_MB} MB of Python packages beside the ${PIP_RUN_MB} MB the appliance uses, Chromium (about 100 MB) and KiCad 9 (about 150 MB) from Debian."
  apt_step "${APT_RUN[@]}" "${APT_TEST[@]}"
  apt_step "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" # libFuzzer; named after clang's version
  command -v jack_wait >/dev/null || apt_step jack-example-tools # since Debian 13 no longer part of jackd2
  kicad_step
  python_step run.stamp "${LOCKS[@]}"
  python_step test.stamp "${LOCKS[@]}" requirements-test.lock
  npm_step tests/rp2040
  build_step
  hardware_step
}

command=${1:-help}
shift || true
case $command in
  demo)
    prepare_run
    exec "$VENV/bin/counterbell" demo "$@"
    ;;
  build) prepare_run ;;
  test)
    prepare_test
    say "C tests, under sanitizers"
    make --no-print-directory -s -C firmware -j "$(nproc)" -O BUILD="$PWD/$BUILD" check
    if (($#)); then
      "$VENV/bin/python" -m pytest "$@"
    else
      say "Python tests: real processes in real time, one after the other"
      "$VENV/bin/python" -m pytest "${REAL_TIME[@]}"
      say "Python tests: all others"
      "$VENV/bin/python" -m pytest --numprocesses "$(nproc)" --dist loadfile "${REAL_TIME[@]/#/--ignore=}"
    fi
    ;;
  lint)
    prepare_test
    "$VENV/bin/ruff" check .
    "$VENV/bin/mypy"
    shellcheck provision.sh .ci/run hardware/hat/*.sh
    ;;
  bench)
    prepare_test
    exec "$VENV/bin/python" -m tests.bench "$@"
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
