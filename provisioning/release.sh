# shellcheck shell=bash
# Releases as one signed file: made here, installed on a box. The work is done by appliance/box/ (docs/updates.md).

here_is() { (cd "$CALLED_FROM" && realpath -m -- "$1"); } # here_is FILE: as who called us names it

release_key_command() {
  (($# == 1)) || misused "release-key needs the name of a file"
  local file
  file=$(here_is "$1")
  prepare_run
  "$VENV/bin/python" -m appliance.cli release key "$file"
}

# Built as a box would build it, then packed and signed. The folder of a release that was built elsewhere is packed as it is.
release_command() {
  local pack=()
  while (($#)); do
    case $1 in
      --key | --out)
        (($# > 1)) || misused "$1 needs a name"
        pack+=("$1" "$(here_is "$2")")
        shift
        ;;
      --release)
        RELEASE_TREE=$(here_is "${2:-}")
        [[ -d $RELEASE_TREE ]] || misused "--release needs a folder"
        shift
        ;;
      --offline)
        WHEELHOUSE=$(here_is "${2:-}")
        [[ -d $WHEELHOUSE ]] || misused "--offline needs a folder"
        shift
        ;;
      --fast) pack+=(--fast) ;;
      *) misused "'$1' is not an option of release" ;;
    esac
    shift
  done
  [[ " ${pack[*]} " == *" --key "* ]] || misused "say who signs: --key FILE (make one: ./provision.sh release-key FILE)"
  [[ " ${pack[*]} " == *" --out "* ]] || pack+=(--out "$CALLED_FROM")
  prepare_run
  local tree=$RELEASE_TREE
  if [[ -z $tree ]]; then
    tree=$PWD/$BUILD/release/$(release_id)
    rm -rf "$BUILD/release"
    mkdir -p "$tree"
    MAKING=$PWD/$BUILD/release
    (make_release "$tree")
  fi
  say "Packing and signing ..."
  "$VENV/bin/python" -m appliance.cli release pack "$tree" "${pack[@]}"
  undo_half_made
}

# With the release that is in use: what it does not understand it refuses.
update_command() {
  local options=() root=/
  while (($#)); do
    case $1 in
      --root)
        root=$(here_is "${2:-}")
        options+=(--root "$root")
        shift
        ;;
      -* | *://*) options+=("$1") ;;
      *) options+=("$(here_is "$1")") ;;
    esac
    shift
  done
  local python=${root%/}/opt/counterbell/current/.venv/bin/python
  [[ -x $python ]] || fail "no release is in use in $root. Install one: ./provision.sh install"
  if [[ $root == / ]] && ((EUID != 0)) && [[ " ${options[*]} " != *" --plan "* ]]; then
    fail "this changes the whole machine, so it needs root: sudo ./provision.sh update. See first what it would do: --plan"
  fi
  exec "$python" -P -m appliance.cli update "${options[@]}"
}
