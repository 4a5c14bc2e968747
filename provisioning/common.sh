# shellcheck shell=bash
# What every command of provision.sh uses: words, root's work, Debian packages, Python packages, the build.

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() {
  trap - ERR
  undo_half_made
  printf 'provision.sh: %s\n' "$*" >&2
  exit 1
}
undo_half_made() { :; } # steps.sh has one that does
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
  as_root apt-get update -qq || fail "the lists of Debian packages could not be fetched. Is the network cable in? Run this again when 'apt-get update' works."
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

python_step() { # python_step STAMP LOCK...
  local stamp=$VENV/$1; shift
  local want
  want=$( (python3 --version; cat "$@") | sha256sum | cut -d' ' -f1)
  [[ -f $stamp && $(<"$stamp") == "$want" ]] && return 0
  say "Python packages into $VENV/ (locked versions, checked by hash) ..."
  [[ -x $VENV/bin/python ]] || python3 -m venv "$VENV"
  local arguments=() lock
  [[ -z ${WHEELHOUSE:-} ]] || arguments+=(--no-index --find-links "$WHEELHOUSE")
  for lock in "$@"; do arguments+=(-r "$lock"); done
  "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --progress-bar off "${arguments[@]}" |
    count_lines '^(Collecting|Installing)'
  printf '%s\n' "$want" >"$stamp"
}

build_step() {
  say "Building the audio loop and the line card's firmware ..."
  build_tree all
  local want
  want=$(<"$VENV/binding.stamp")
  if [[ ! -f $VENV/editable.stamp || $(<"$VENV/editable.stamp") != "$want" ]]; then
    "$VENV/bin/pip" install --disable-pip-version-check -q --no-deps --no-build-isolation --editable .
    printf '%s\n' "$want" >"$VENV/editable.stamp"
  fi
}

# The parts of the folder that are made: C libraries, the binding to them, the default prompts.
build_tree() { # build_tree all|box
  make --no-print-directory -s -C firmware -j "$(nproc)" BUILD="$PWD/$BUILD" "$1"
  local want
  want=$(cat setup.py pyproject.toml appliance/audio/build_*binding.py firmware/audio/include/audio_loop.h firmware/card/include/card_side.h "$BUILD"/lib*.a |
    sha256sum | cut -d' ' -f1)
  if [[ ! -f $VENV/binding.stamp || $(<"$VENV/binding.stamp") != "$want" ]]; then
    "$VENV/bin/python" setup.py -q build_ext --inplace --build-temp "$BUILD/binding" 2>&1 | grep -v -i warning || true
    printf '%s\n' "$want" >"$VENV/binding.stamp"
  fi
  [[ -d $BUILD/prompts ]] || say "Speaking the default prompts (once) ..."
  "$VENV/bin/python" -c 'from appliance.prompt_making import make_installed_prompts as make; make()'
}
