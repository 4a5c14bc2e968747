# shellcheck shell=bash disable=SC2034
# The steps that make a box, in order. Each has a check (NAME_done), a sentence (NAME_about) and an action (NAME_do).

readonly APT_BOX=("${APT_RUN[@]}" avahi-daemon udev fdisk e2fsprogs util-linux tzdata)
readonly STEPS=(packages release files accounts services older uart start)
readonly UNITS=(counterbell-telephony.service counterbell-web.service counterbell-web.socket
  counterbell-boot.service counterbell-console.path counterbell-network.path
  counterbell-maintenance.timer counterbell-backup.timer
  counterbell-update.service counterbell-update.path)
readonly ROOM_MB=600 # a release with its Python packages, while the one before it is kept
# what a box runs on; no tests
readonly RELEASE_PARTS=(appliance web_admin firmware hardware systemd provisioning docs provision.sh setup.py pyproject.toml
  README.md CHANGELOG.md requirements.lock requirements-pi.lock)
mapfile -t KEYS < <(find provisioning/release-keys -name '*.pub' -printf '%p:/etc/counterbell/release-keys/%f\n' | LC_ALL=C sort)
# FROM:TO, each written only when it differs, the one before it kept beside it
readonly FILES=(
  systemd/counterbell-telephony.service:/etc/systemd/system/counterbell-telephony.service
  systemd/counterbell-web.service:/etc/systemd/system/counterbell-web.service
  systemd/counterbell-web.socket:/etc/systemd/system/counterbell-web.socket
  systemd/counterbell-boot.service:/etc/systemd/system/counterbell-boot.service
  systemd/counterbell-console.path:/etc/systemd/system/counterbell-console.path
  systemd/counterbell-console.service:/etc/systemd/system/counterbell-console.service
  systemd/counterbell-network.path:/etc/systemd/system/counterbell-network.path
  systemd/counterbell-network.service:/etc/systemd/system/counterbell-network.service
  systemd/avahi/counterbell.service:/etc/avahi/services/counterbell.service
  systemd/counterbell-maintenance.service:/etc/systemd/system/counterbell-maintenance.service
  systemd/counterbell-maintenance.timer:/etc/systemd/system/counterbell-maintenance.timer
  systemd/counterbell-backup.service:/etc/systemd/system/counterbell-backup.service
  systemd/counterbell-backup.timer:/etc/systemd/system/counterbell-backup.timer
  systemd/counterbell-update.service:/etc/systemd/system/counterbell-update.service
  systemd/counterbell-update.path:/etc/systemd/system/counterbell-update.path
  systemd/sysusers.d/counterbell.conf:/etc/sysusers.d/counterbell.conf
  systemd/tmpfiles.d/counterbell.conf:/etc/tmpfiles.d/counterbell.conf
  systemd/modules-load.d/counterbell.conf:/etc/modules-load.d/counterbell.conf
  systemd/journald.conf.d/counterbell.conf:/etc/systemd/journald.conf.d/counterbell.conf
  systemd/system.conf.d/counterbell.conf:/etc/systemd/system.conf.d/counterbell.conf
  systemd/udev/60-counterbell.rules:/etc/udev/rules.d/60-counterbell.rules
  provisioning/counterbell:/usr/local/bin/counterbell
  "${KEYS[@]}" # whose releases this box takes
)
readonly KEPT=.counterbell-prev

with_list() { printf '%s%s' "$1" "${2:+: $2}"; } # with_list WHAT WHICH

# --- Debian packages -------------------------------------------------------------------------

packages_done() {
  [[ -n $ROOT ]] || [[ -z $(missing_packages "${APT_BOX[@]}") ]] # a card's are there before we are called
}
packages_about() { with_list 'Debian packages' "$(missing_packages "${APT_BOX[@]}" | paste -sd ' ')"; }
packages_do() { apt_step "${APT_BOX[@]}"; }

# --- the release: program, Python packages, audio loop, prompts --------------------------------

release_id() {
  if [[ -n $RELEASE_TREE ]]; then basename "$RELEASE_TREE"; return; fi
  local version content
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
  content=$( (python3 --version; uname -m; release_files | LC_ALL=C sort -z | xargs -0 cat) | sha256sum | cut -c1-10)
  printf '%s-%s' "$version" "$content"
}
release_files() {
  find "${RELEASE_PARTS[@]}" -type f ! -name '*.pyc' ! -name '*.so' ! -path '*.egg-info/*' ! -path 'firmware/tests/*' ! -path '*/.*' -print0
}
release_done() {
  ID=${ID:-$(release_id)}
  [[ -d $ROOT/opt/counterbell/releases/$ID && $(readlink "$ROOT/opt/counterbell/current") == "releases/$ID" ]]
}
release_about() { printf 'release %s in /opt/counterbell/releases, and current' "$ID"; }
release_do() {
  local releases=$ROOT/opt/counterbell/releases
  mkdir -p "$releases"
  find "$releases" -maxdepth 1 -name '.making-*' -exec rm -rf {} + # of a run that was cut off
  if [[ ! -d $releases/$ID ]]; then
    enough_room "$releases"
    MAKING=$releases/.making-$ID
    mkdir "$MAKING"
    chmod 755 "$MAKING"
    if [[ -n $RELEASE_TREE ]]; then cp -a "$RELEASE_TREE/." "$MAKING"; else make_release "$MAKING"; fi
    sync -f "$MAKING"
    mv -T "$MAKING" "$releases/$ID"
    MAKING=
  fi
  switch_to "$ID"
}
make_release() { # make_release FOLDER
  local here=$PWD
  release_files | tar -c --null -T - | tar -x -C "$1" --no-same-owner
  cd "$1"
  python_step run.stamp "${LOCKS[@]}"
  build_tree box
  local packages
  for packages in .venv/lib/python3*/site-packages; do
    printf '../../../..\n' >"$packages/counterbell.pth" # the release itself, wherever it is moved
  done
  .venv/bin/python -m compileall -q appliance web_admin # services may not write there
  cd "$here"
}
switch_to() { # switch_to ID: in one move, so that a power cut leaves the old one or the new one
  ln -sfn "releases/$1" "$ROOT/opt/counterbell/.current.new"
  mv -T "$ROOT/opt/counterbell/.current.new" "$ROOT/opt/counterbell/current"
  sync -f "$ROOT/opt/counterbell"
}
enough_room() { # enough_room FOLDER
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free >= ROOM_MB)) || fail "the card is too full: $free MB free, $ROOM_MB MB needed for a new release. Delete recordings (counterbell doctor shows what takes room), then run this again."
}
# What a broken run leaves is taken away at once; the release in use was never touched.
undo_half_made() { [[ -z ${MAKING:-} ]] || rm -rf "$MAKING"; }

older_releases() {
  find "$ROOT/opt/counterbell/releases" -mindepth 1 -maxdepth 1 ! -name "$ID" -printf '%T@ %f\n' 2>/dev/null |
    sort -rn | cut -d' ' -f2 | tail -n "+$RELEASES_KEPT"
}
older_done() { [[ -z $(older_releases) ]]; }
older_about() { printf 'no release older than the one before this one'; }
older_do() { local release; older_releases | while read -r release; do rm -rf "${ROOT:?}/opt/counterbell/releases/$release"; done; }

# --- files -----------------------------------------------------------------------------------

different_files() {
  local file
  for file in "${FILES[@]}"; do cmp -s "${file%%:*}" "$ROOT${file#*:}" || printf '%s\n' "${file#*:}"; done
}
files_done() { [[ -z $(different_files) ]]; }
files_about() { with_list 'services, users, device rules and settings' "$(different_files | paste -sd ' ')"; }
files_do() {
  local file
  for file in "${FILES[@]}"; do put_file "${file%%:*}" "$ROOT${file#*:}"; done
  if is_live; then
    systemctl daemon-reload
    udevadm control --reload
    udevadm trigger --subsystem-match=tty --subsystem-match=usb
    systemctl restart systemd-modules-load systemd-journald
  fi
}
put_file() { # put_file FROM TO
  cmp -s "$1" "$2" && return 0
  mkdir -p "$(dirname "$2")"
  if [[ -e $2 && ! -e $2$KEPT ]] && ! grep -q -i counterbell "$2"; then cp -p "$2" "$2$KEPT"; fi
  install -m "$(stat -c %a "$1")" "$1" "$2.counterbell-new"
  mv -T "$2.counterbell-new" "$2"
}
take_away() { # take_away FILE: what was there before us comes back
  if [[ -e $1$KEPT ]]; then mv -T "$1$KEPT" "$1"; else rm -f "$1"; fi
}

# --- users, services -------------------------------------------------------------------------

accounts_done() {
  grep -qs '^counterbell:' "$ROOT/etc/passwd" && grep -qs '^counterbell-web:' "$ROOT/etc/passwd" &&
    { ! is_live || [[ -d /var/lib/counterbell ]]; }
}
accounts_about() { printf 'users counterbell and counterbell-web'; }
accounts_do() {
  systemd-sysusers ${ROOT:+--root="$ROOT"} counterbell.conf
  if is_live; then systemd-tmpfiles --create counterbell.conf; fi # a card does this when it starts
}

services_done() {
  local unit
  for unit in "${UNITS[@]}"; do
    [[ $(systemctl ${ROOT:+--root="$ROOT"} is-enabled "$unit" 2>/dev/null) == enabled ]] || return 1
  done
}
services_about() { printf 'services start with the box'; }
services_do() { systemctl ${ROOT:+--root="$ROOT"} enable -q "${UNITS[@]}"; }

start_done() {
  is_live || return 0
  systemctl -q is-active "${UNITS[@]}" && [[ $(cat /run/counterbell-started 2>/dev/null) == "$ID" ]]
}
start_about() { printf 'the services of this release run'; }
start_do() {
  wait_for_silence
  systemctl restart "${UNITS[@]}"
  printf '%s\n' "$ID" >/run/counterbell-started
}
# Nothing restarts while somebody is talking.
wait_for_silence() {
  local told=false
  while [[ $(counterbell status --json 2>/dev/null | python3 -c 'import json,sys; print(len(json.load(sys.stdin).get("calls", [])))' 2>/dev/null || printf 0) != 0 ]]; do
    $told || say "A call is going on; waiting for its end ..."
    told=true
    sleep 2
  done
}

# --- the header's serial port, for a HAT ------------------------------------------------------

readonly BLOCK_BEGIN='# counterbell begin' BLOCK_END='# counterbell end'
config_txt() {
  local file
  for file in "$ROOT/boot/firmware/config.txt" "$ROOT/boot/config.txt"; do
    if [[ -f $file ]] && ! grep -q 'DO NOT EDIT' "$file"; then printf '%s' "$file"; return; fi
  done
  printf '%s' "$ROOT/boot/firmware/config.txt"
}
has_console() { grep -qE 'console=(serial0|ttyAMA[0-9]+|ttyS[0-9]+)' "$(dirname "$(config_txt)")/cmdline.txt" 2>/dev/null; }
uart_done() {
  [[ $HAT == yes ]] || return 0
  grep -qxF "$BLOCK_BEGIN" "$(config_txt)" 2>/dev/null && ! has_console
}
uart_about() { printf 'the serial port of the header for the HAT, no console on it (%s)' "$(config_txt)"; }
uart_do() {
  local config overlays cmdline
  config=$(config_txt)
  [[ -f $config ]] || fail "there is no $config: a HAT needs a Raspberry Pi's boot files. Without a HAT: --no-hat"
  overlays=$(dirname "$config")/overlays
  cmdline=$(dirname "$config")/cmdline.txt
  command -v dtc >/dev/null || apt_step device-tree-compiler
  mkdir -p "$overlays"
  dtc -q -@ -I dts -O dtb -o "$overlays/counterbell-linecard.dtbo" hardware/hat/counterbell-linecard-overlay.dts
  uart_undo_block "$config"
  printf '%s\n' "$BLOCK_BEGIN" '[all]' 'dtoverlay=counterbell-linecard' "$BLOCK_END" >>"$config"
  if has_console; then
    sed -i -E 's/(^| )console=(serial0|ttyAMA[0-9]+|ttyS[0-9]+)(,[0-9a-z]+)?//g; s/^ //' "$cmdline"
  fi
  systemctl ${ROOT:+--root="$ROOT"} mask -q serial-getty@ttyAMA0.service
  say "The HAT's serial port is its own after the next start of the Pi."
}
uart_undo_block() { sed -i "/^$BLOCK_BEGIN\$/,/^$BLOCK_END\$/d" "$1"; }
uart_undo() {
  local config
  config=$(config_txt)
  [[ -f $config ]] && grep -qxF "$BLOCK_BEGIN" "$config" || return 0
  uart_undo_block "$config"
  rm -f "$(dirname "$config")/overlays/counterbell-linecard.dtbo"
  systemctl ${ROOT:+--root="$ROOT"} unmask -q serial-getty@ttyAMA0.service
}
