#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Updates of a box that was installed into a folder: real releases, the real reader, switch and test call; no services.

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  export FIRST=$BATS_FILE_TMPDIR/first SECOND=$BATS_FILE_TMPDIR/second KEY=$BATS_FILE_TMPDIR/key FILES=$BATS_FILE_TMPDIR/files
  mkdir -p "$FIRST"/{etc,boot/firmware,usr/lib/sysusers.d,var/lib}
  printf 'g %s - -\n' dialout audio >"$FIRST/usr/lib/sysusers.d/debian.conf"
  {
    ./provision.sh install --root "$FIRST" --no-hat --offline build/wheelhouse
    ./provision.sh release-key "$KEY"
    mkdir -p "$FIRST/etc/counterbell/release-keys" "$SECOND"
    cp "$KEY.pub" "$FIRST/etc/counterbell/release-keys/"
    cp -al "$FIRST/opt/counterbell/current/." "$SECOND/9.9.9-second"
    sed -i 's/^version = .*/version = "9.9.9"/' "$SECOND/9.9.9-second/pyproject.toml" # a new file
    sed -i '$a # of the second release' "$SECOND/9.9.9-second/systemd/counterbell-web.service"
    ./provision.sh release --key "$KEY" --out "$FILES" --fast --release "$SECOND/9.9.9-second"
  } >"$BATS_FILE_TMPDIR/log" 2>&1 </dev/null || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  ROOT=$BATS_TEST_TMPDIR/root
  cp -al "$FIRST" "$ROOT" # nothing is written into a file that is there: each is replaced
  RELEASE=$(echo "$FILES"/*.counterbell-release)
  BEFORE=$(state_of)
}

teardown() { rm -rf "$ROOT"; }

state_of() {
  (cd "$ROOT" && find . ! -path './var/log*' ! -path ./opt/counterbell ! -path './opt/counterbell/update*' ! -name .lock \
    ! -path ./opt/counterbell/releases ! -path '*/__pycache__*' -printf '%p %m %T@ %l\n' | LC_ALL=C sort | sha256sum)
}
update() { run ./provision.sh update --root "$ROOT" "$@"; }
nothing_changed() { [ "$BEFORE" = "$(state_of)" ] && [ -z "$(ls -A "$ROOT/opt/counterbell/update" 2>/dev/null)" ]; }

@test "a plan reads all of the file and writes nothing" {
  update --plan "$RELEASE"
  [ "$status" -eq 0 ]
  [[ $output == *"Would install release 9.9.9-second"* ]]
  nothing_changed
}

@test "a release is unpacked beside, takes a call, is switched to; the second time changes nothing" {
  first=$(basename "$(readlink "$ROOT/opt/counterbell/current")")
  mkdir -p "$ROOT/opt/counterbell/releases/0.0.1-ancient"
  update "$RELEASE"
  [ "$status" -eq 0 ]
  [[ $output == *"takes a test call"*"Done: release 9.9.9 is in use"* ]]
  [ "$(readlink "$ROOT/opt/counterbell/current")" = releases/9.9.9-second ]
  [ "$(find "$ROOT/opt/counterbell/releases" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" = "$(printf '%s\n' "$first" 9.9.9-second | sort)" ]
  grep -q 'of the second release' "$ROOT/etc/systemd/system/counterbell-web.service"
  [ -z "$(ls -A "$ROOT/opt/counterbell/update")" ]
  run env -C / "$ROOT/opt/counterbell/current/.venv/bin/python" -P -c 'import appliance; print(appliance.__file__)'
  [[ $output == */9.9.9-second/appliance/* || $output == */current/appliance/* ]]

  BEFORE=$(state_of)
  update "$RELEASE"
  [ "$status" -eq 0 ]
  [[ $output == *"in use already: nothing was changed"* ]]
  nothing_changed
}

@test "a damaged file, a foreign key, an older release: one sentence each, and nothing changed" {
  cp "$RELEASE" "$BATS_TEST_TMPDIR/damaged"
  printf 'x' | dd of="$BATS_TEST_TMPDIR/damaged" bs=1 seek=100000 conv=notrunc status=none
  update "$BATS_TEST_TMPDIR/damaged"
  [ "$status" -eq 1 ]
  [[ $output == *"nothing was changed: the file is damaged"* ]]
  nothing_changed
  rm "$ROOT"/etc/counterbell/release-keys/*
  BEFORE=$(state_of)
  update "$RELEASE"
  [ "$status" -eq 1 ]
  [[ $output == *"nothing was changed: this box trusts no key"* ]]
  nothing_changed
}

@test "a release that fails its test call is never switched to" {
  broken=$BATS_TEST_TMPDIR/9.9.9-broken
  packages=$(cd "$FIRST/opt/counterbell/current" && echo .venv/lib/python3*/site-packages)
  mkdir -p "$broken/$packages"
  cp pyproject.toml "$broken"
  ./provision.sh release --key "$KEY" --out "$BATS_TEST_TMPDIR" --fast --release "$broken"
  update "$BATS_TEST_TMPDIR"/*.counterbell-release
  [ "$status" -eq 1 ]
  [[ $output == *"nothing was changed: the new release failed its test call"* ]]
  nothing_changed
}

@test "without a network it says so, and nothing changed" {
  update http://127.0.0.1:9/release
  [ "$status" -eq 1 ]
  [[ $output == *"could not be fetched from http://127.0.0.1:9/release"* ]]
  nothing_changed
}

@test "a card that takes no more is told, and nothing changed" {
  run bash -c 'ulimit -f 2000 && ./provision.sh update --root "$0" "$1"' "$ROOT" "$RELEASE"
  [ "$status" -eq 1 ]
  [[ $output == *"nothing was changed"* ]]
  nothing_changed
}

@test "one that is killed half-way is cleared away by the next" {
  ./provision.sh update --root "$ROOT" "$RELEASE" >"$BATS_TEST_TMPDIR/said" 2>&1 &
  updating=$!
  # shellcheck disable=SC2016 # the dollar sign is the inner shell's
  timeout 120 sh -c 'until grep -q "test call" "$0"; do :; done' "$BATS_TEST_TMPDIR/said"
  kill -9 "$updating"
  wait "$updating" || true
  [ -e "$ROOT/opt/counterbell/update/journal.json" ]
  [ -n "$(find "$ROOT/opt/counterbell/releases" -maxdepth 1 -name '.making-*')" ]
  update --resume
  [ "$status" -eq 1 ]
  [[ $output == *"cut off before anything was changed"* ]]
  nothing_changed
  [ -z "$(find "$ROOT/opt/counterbell/releases" -maxdepth 1 -name '.making-*')" ]
}
