# shellcheck shell=bash
# The release on the card, made on this machine for the card's: C cross-compiled, wheels chosen for its Python, bytecode by its Python.

readonly CARD_MACHINE=aarch64
readonly NEVER_IMPORTED='/(geodata|carrierdata|tzdata|setuptools|tests|testing)/' # by us: no bytecode, which takes minutes to make
readonly CARD_GLIBC=41 # manylinux_2_N the card's C library can run, at most; trixie's is 2.41

card_python_version() { sed -n 's/^python3\.[0-9]* \([0-9.]*\).*/\1/p' "$1/packages" | head -n 1; } # card_python_version PARTS
card_python() { card_python_version "$1" | cut -d. -f1-2; }

# As release_id names it on the card itself.
card_release_id() { # card_release_id PARTS
  local version content
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
  content=$( (printf 'Python %s\n%s\n' "$(card_python_version "$1")" "$CARD_MACHINE"
    release_files | LC_ALL=C sort -z | xargs -0 cat) | sha256sum | cut -c1-10)
  printf '%s-%s' "$version" "$content"
}

card_packages_key() { # card_packages_key PARTS
  (card_python_version "$1"; cat requirements.lock requirements-pi.lock provisioning/card/lock_for.py) | sha256sum | cut -c1-12
}

# Python packages as they stand in the card's .venv: wheels for its Python, checked by hash; nothing of them runs here. (pip asks this
# machine's Python whether it is new enough, so it may not.)
make_card_packages() { # make_card_packages PARTS ROOT FOLDER
  local parts=$1 root=$2 folder=$3 lock platforms=() n
  for ((n = CARD_GLIBC; n >= 17; n--)); do platforms+=(--platform "manylinux_2_${n}_$CARD_MACHINE"); done
  lock=$(mktemp)
  "$VENV/bin/python" provisioning/card/lock_for.py "$(card_python_version "$parts")" "$CARD_MACHINE" \
    requirements.lock requirements-pi.lock >"$lock"
  rm -rf "$folder.making"
  "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --no-compile --only-binary=:all: --ignore-requires-python --progress-bar off \
    --implementation cp --python-version "$(card_python "$parts")" "${platforms[@]}" --platform "manylinux2014_$CARD_MACHINE" \
    --target "$folder.making" -r "$lock" | count_lines '^ *(Collecting|Downloading|Installing)'
  rm -rf "$lock" "$folder.making/bin"
  compile_for_card "$folder.making" "$root" "/opt/counterbell/current/.venv/lib/python$(card_python "$parts")/site-packages"
  mv -T "$folder.making" "$folder"
}

# gcc for the card: this machine's own when it is one of its kind.
card_gcc() { if [[ $(uname -m) == "$CARD_MACHINE" ]]; then printf gcc; else printf '%s-linux-gnu-gcc' "$CARD_MACHINE"; fi; }

make_card_bindings() { # make_card_bindings PARTS TREE ROOT
  local parts=$1 tree=$2 root=$3 gcc headers speex name libraries
  gcc=$(card_gcc)
  headers=$parts/headers/usr/include
  speex=$(find "$root/usr/lib" -name 'libspeexdsp.so.1' | head -n 1)
  make --no-print-directory -s -C firmware -j "$(nproc)" BUILD="$CARD/c" CC="$gcc" CFLAGS="-O2 -g -idirafter $headers" box
  mkdir -p "$CARD/c/binding"
  PYTHONPATH=. "$VENV/bin/python" provisioning/card/binding_sources.py "$CARD/c/binding"
  for name in _audio_loop _card_side; do
    libraries=("$CARD/c/lib${name#_}.a" -pthread -lm)
    [[ $name != _card_side ]] || libraries+=("$speex")
    "$gcc" -O2 -fPIC -shared -idirafter "$headers" -I "$headers/python$(card_python "$parts")" -I firmware/audio/include -I firmware/card/include \
      -o "$tree/appliance/audio/$name.abi3.so" "$CARD/c/binding/$name.c" "${libraries[@]}"
  done
}

make_card_release() { # make_card_release PARTS PACKAGES ROOT TREE
  local parts=$1 packages=$2 root=$3 tree=$4 python folder
  python=$(card_python "$parts")
  rm -rf "$tree.making"
  mkdir -p "$tree.making/.venv/bin" "$tree.making/.venv/lib/python$python" "$tree.making/build"
  release_files | tar -c --null -T - | tar -x -C "$tree.making" --no-same-owner
  cp -a "$packages" "$tree.making/.venv/lib/python$python/site-packages"
  printf '../../../..\n' >"$tree.making/.venv/lib/python$python/site-packages/counterbell.pth"
  ln -s "/usr/bin/python$python" "$tree.making/.venv/bin/python" # a venv as PEP 405 has it
  ln -s python "$tree.making/.venv/bin/python3"
  ln -s python "$tree.making/.venv/bin/python$python"
  printf '%s\n' 'home = /usr/bin' 'include-system-site-packages = false' "version = $(card_python_version "$parts")" >"$tree.making/.venv/pyvenv.cfg"
  make_card_bindings "$parts" "$tree.making" "$root"
  cp -a "$BUILD/prompts" "$tree.making/build/prompts"
  chown -R 0:0 "$tree.making"
  chmod -R go-w "$tree.making"
  chmod 755 "$tree.making"
  for folder in appliance web_admin; do compile_for_card "$tree.making/$folder" "$root" "/opt/counterbell/current/$folder"; done
  try_card_release "$tree.making" "$root"
  mv -T "$tree.making" "$tree"
}

# Bytecode by the card's own Python, as the services may not write there. A package's file for some other Python may not compile.
compile_for_card() { # compile_for_card FOLDER ROOT WHERE: where the folder will be on the card
  local folder=$1 root=$2 place=$2/opt/counterbell/.trying
  rm -rf "$place"
  mkdir -p "$root/opt/counterbell"
  mv -T "$folder" "$place"
  chroot "$root" python3 -m compileall -q -x "$NEVER_IMPORTED" -s /opt/counterbell/.trying -p "$3" /opt/counterbell/.trying >/dev/null || true
  mv -T "$place" "$folder"
  [[ -n $(find "$folder" -name '*.pyc' -print -quit) ]] || fail "the card's Python made no bytecode; does './provision.sh image --fresh' mend it?"
}

try_card_release() { # try_card_release TREE ROOT: the program is run once, under emulation
  local place=$2/opt/counterbell/.trying said
  mv -T "$1" "$place"
  said=$(chroot "$2" /bin/sh -ec 'cd /opt/counterbell/.trying
    .venv/bin/python -m appliance.cli --version
    .venv/bin/python -c "import appliance.audio._audio_loop, appliance.audio._card_side, gevent, nacl.signing, webrtcvad, sounddevice, lgpio"' 2>&1) ||
    { rm -rf "$place"; fail "the release does not run in the card's root: $said"; }
  mv -T "$place" "$1"
}
