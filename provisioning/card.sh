# shellcheck shell=bash
# The SD card's image: what is made, step by step, each a check and an action; what is made is kept in build/card until what
# it is made of changes.

CARD=${CARD_KEPT:-$PWD/$BUILD/card} # what is kept from one run to the next
readonly CARD_ROOT_ROOM_MB=3500 CARD_IMAGE_ROOM_MB=4500 # the root's tar and its parts; the tree it is unpacked to, partitions, image
OUT=$CARD/out
ROOT_TAR=    # a root made elsewhere; its parts are in the folder of the same name, .parts
IS_FRESH=false
CARD_URL=    # where the image will be downloaded, for Raspberry Pi Imager
CARD_STEPS=(card_tools card_binfmt card_root card_packages card_release card_image card_published)

image_options() {
  while (($#)); do
    case $1 in
      --fresh) IS_FRESH=true ;;
      --out | --root-tar | --release | --url)
        (($# > 1)) || misused "$1 needs a value"
        case $1 in
          --out) OUT=$2 ;;
          --root-tar) [[ -f $2 && -d ${2%.tar}.parts ]] || misused "$1: there is no $2 with ${2%.tar}.parts beside it"; ROOT_TAR=$(realpath "$2") ;;
          --release) [[ -d $2 ]] || misused "$1: there is no folder $2"; RELEASE_TREE=$(realpath "$2") ;;
          --url) CARD_URL=${2%/} ;;
        esac
        shift
        ;;
      *) misused "'$1' is not an option" ;;
    esac
    shift
  done
}

image_card() {
  ((EUID == 0)) || fail "a card's file system has owners of its own, so this needs root: sudo ./provision.sh image"
  mkdir -p "$CARD" "$OUT"
  OUT=$(realpath "$OUT")
  WORK=$CARD/work
  [[ -z $ROOT_TAR ]] || WORK=$OUT/.work
  mkdir -p "$WORK"
  exec {LOCK}>>"$WORK/.lock"
  flock -n "$LOCK" || fail "another ./provision.sh image is at work in this folder. Wait for it, then run this again."
  readonly LOG=$WORK/image.log
  exec > >(tee -a "$LOG") 2>&1
  printf '%s provision.sh image\n' "$(date -u +%FT%TZ)" >>"$LOG"
  walk_steps "${CARD_STEPS[@]}"
  say "The card's image: $OUT/$(card_name).img.zst, $(($(stat -c %s "$OUT/$(card_name).img.zst") / 1000000)) MB ($((SECONDS / 60)) min $((SECONDS % 60)) s). Flash it with Raspberry Pi Imager (os_list.json) or bmaptool; a label and claim code per card: ./provision.sh personalise"
}

card_room() { # card_room FOLDER MB
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free >= $2)) || fail "too little room in $1: $free MB free, $2 MB needed. Make room, then run this again."
}

# --- tools, and the emulation of the card's processor ------------------------------------------

card_tool_packages() {
  printf '%s\n' "${APT_IMAGE[@]}"
  [[ $(uname -m) == "$CARD_MACHINE" || -n $RELEASE_TREE ]] || printf '%s\n' gcc-aarch64-linux-gnu libc6-dev-arm64-cross
}
card_tools_done() {
  local packages
  mapfile -t packages < <(card_tool_packages)
  [[ -z $(missing_packages "${packages[@]}") && ( -n $RELEASE_TREE || ( -x $VENV/bin/python && -d $BUILD/prompts ) ) ]]
}
card_tools_about() { with_list 'programs that make an image' "$(card_tool_packages | xargs -r bash -c 'for p; do dpkg-query -W "$p" >/dev/null 2>&1 || printf "%s " "$p"; done' _)"; }
card_tools_do() {
  local packages
  mapfile -t packages < <(card_tool_packages)
  apt_step "${packages[@]}"
  [[ -z $RELEASE_TREE ]] || return 0
  # the folder stays its owner's
  if [[ -n ${SUDO_USER:-} ]]; then sudo -u "$SUDO_USER" ./provision.sh build; else prepare_run; fi
}

card_binfmt_done() { [[ -n $ROOT_TAR && -n $RELEASE_TREE ]] || arch-test "$CARD_ARCHITECTURE" >/dev/null 2>&1; }
card_binfmt_about() { printf "programs for the card's processor (%s) run here under emulation" "$CARD_ARCHITECTURE"; }
card_binfmt_do() {
  local registry=${BINFMT:-/proc/sys/fs/binfmt_misc}
  modprobe -q binfmt_misc 2>/dev/null || true
  [[ -w $registry/register ]] || mount -t binfmt_misc binfmt_misc "$registry" 2>/dev/null || true
  [[ -e $registry/qemu-aarch64 ]] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >"$registry/register" 2>/dev/null || true
  card_binfmt_done || fail "the kernel does not run programs for $CARD_ARCHITECTURE, so a card's Debian can't be made here. In a container, on its host: 'apt-get install qemu-user-static', then 'systemctl restart systemd-binfmt'. Or make the image on a Raspberry Pi or another arm64 machine."
}

# --- the card's Debian --------------------------------------------------------------------------

card_tar() { if [[ -n $ROOT_TAR ]]; then printf '%s' "$ROOT_TAR"; else printf '%s/root-%s.tar' "$CARD" "$(card_root_key)"; fi; }
card_parts() { printf '%s.parts' "$(card_tar | sed 's/\.tar$//')"; }
card_root_done() { ! { $IS_FRESH && [[ -z $ROOT_TAR ]]; } && [[ -f $(card_tar) && -d $(card_parts) ]]; }
card_root_about() {
  if card_root_done; then printf 'Debian %s for the card, of %s (newer packages: --fresh)' "$CARD_SUITE" "$(date -r "$(card_tar)" +%F)"; else
    printf 'Debian %s for the card, %s packages and what they need, under emulation (about 150 MB; a quarter of an hour, once)' "$CARD_SUITE" "${#CARD_PACKAGES[@]}"
  fi
}
card_root_do() {
  card_room "$CARD" "$CARD_ROOT_ROOM_MB"
  find "$CARD" -maxdepth 1 \( -name '*.making' -o -name 'root-*' \) -exec rm -rf {} +
  make_root_tar "$(card_tar)" "$(card_parts)" 2>&1 | tee -a "$CARD/root.log" | count_lines '^(Get:|Unpacking|Setting up|I:|E:)' ||
    fail "Debian $CARD_SUITE could not be made: $(grep -E '^(E|Err|W|dpkg: error)' "$CARD/root.log" | tail -n 3 | paste -sd ' '). Is $CARD_MIRROR reached? Another one: CARD_MIRROR=http://... Everything it said: $CARD/root.log"
  IS_FRESH=false
}

# The root unpacked, as Debian left it.
clean_tree() {
  TREE=$WORK/root
  [[ -f $WORK/root.clean && $(<"$WORK/root.clean") == "$(card_tar) $(stat -c %Y "$(card_tar)")" ]] && return 0
  rm -rf "$TREE" "$WORK/root.clean"
  mkdir -p "$TREE"
  tar -x --numeric-owner --xattrs -f "$(card_tar)" -C "$TREE"
  printf '%s %s\n' "$(card_tar)" "$(stat -c %Y "$(card_tar)")" >"$WORK/root.clean"
}

# --- the release --------------------------------------------------------------------------------

card_packages_folder() { printf '%s/packages-%s' "$CARD" "$(card_packages_key "$(card_parts)")"; }
card_packages_done() { [[ -n $RELEASE_TREE || -d $(card_packages_folder) ]]; }
card_packages_about() { printf "Python packages for the card's Python"; }
card_packages_do() {
  clean_tree
  rm -rf "$CARD"/packages-*
  make_card_packages "$(card_parts)" "$TREE" "$(card_packages_folder)"
}

card_release_tree() { if [[ -n $RELEASE_TREE ]]; then printf '%s' "$RELEASE_TREE"; else printf '%s/releases/%s' "$CARD" "$(card_release_id "$(card_parts)")"; fi; }
card_release_done() { [[ -d $(card_release_tree) ]]; }
card_release_about() { printf 'the release for the card, tried under emulation'; }
card_release_do() {
  clean_tree
  rm -rf "$CARD/releases"
  make_card_release "$(card_parts)" "$(card_packages_folder)" "$TREE" "$(card_release_tree)"
}

# --- the image ----------------------------------------------------------------------------------

card_name() { printf 'counterbell-%s-arm64' "$(basename "$(card_release_tree)")"; }
card_image_key() {
  (card_tar; stat -c %Y "$(card_tar)"; card_release_tree; cat provisioning/card*.sh provisioning/card/* provisioning/steps.sh "${FILES[@]%%:*}" \
    hardware/hat/counterbell-linecard-overlay.dts) | sha256sum | cut -c1-16
}
card_image_done() { [[ -f $OUT/$(card_name).img && $(cat "$WORK/image.key" 2>/dev/null) == "$(card_image_key)" ]]; }
card_image_about() { printf 'the image: %s.img' "$(card_name)"; }
card_image_do() {
  local image
  image=$OUT/$(card_name).img
  card_room "$OUT" "$CARD_IMAGE_ROOM_MB"
  rm -f "$WORK/image.key"
  clean_tree
  rm -f "$WORK/root.clean"
  say "Installing into the card's root ..."
  ./provision.sh install --root "$TREE" --no-hat --release "$(card_release_tree)" |
    sed -n 's/^    now */      /p'
  finish_card_root "$TREE" "$(card_parts)"
  make_boot_folder "$WORK/boot" "$(card_parts)" "$TREE"
  say "Writing partitions ..."
  make_disk "$image.making" "$TREE" "$WORK/boot" "$WORK"
  mv -T "$image.making" "$image"
  card_image_key >"$WORK/image.key"
}

card_published_done() {
  [[ $OUT/os_list.json -nt $OUT/$(card_name).img && -f $OUT/$(card_name).img.zst && $(cat "$WORK/published.key" 2>/dev/null) == "$(card_image_key) $CARD_URL" ]]
}
card_published_about() { printf 'packed, with its checksum, block map and os_list.json for Raspberry Pi Imager'; }
card_published_do() {
  publish_card "$OUT" "$(card_name)" "${CARD_URL:-file://$OUT}"
  printf '%s %s\n' "$(card_image_key)" "$CARD_URL" >"$WORK/published.key"
}
