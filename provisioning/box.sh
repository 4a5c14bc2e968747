# shellcheck shell=bash
# A box: install, plan, uninstall. The steps stand in steps.sh, each a check and an action; here is what walks them.

readonly RELEASES_KEPT=2 # the one in use, and the one before it
ROOT=               # '' is this machine; else a folder that becomes a card's file system
WHEELHOUSE=         # a folder of Python packages, for a box without internet
RELEASE_TREE=       # a release made elsewhere, to be taken as it is
IS_PLAN=false
HAT=ask             # yes, no; ask: on a terminal, a line-card HAT is asked for
PURGE=false

box_options() {
  while (($#)); do
    case $1 in
      --plan) IS_PLAN=true ;;
      --root | --offline | --release)
        (($# > 1)) || misused "$1 needs a folder"
        [[ -d $2 ]] || misused "$1: there is no folder $2"
        case $1 in
          --root) ROOT=$(realpath "$2"); [[ $ROOT != / ]] || ROOT= ;;
          --offline) WHEELHOUSE=$(realpath "$2") ;;
          --release) RELEASE_TREE=$(realpath "$2") ;;
        esac
        shift
        ;;
      --hat) HAT=yes ;;
      --no-hat) HAT=no ;;
      --purge) PURGE=true ;;
      *) misused "'$1' is not an option" ;;
    esac
    shift
  done
}

misused() { printf 'provision.sh: %s (read: ./provision.sh help)\n' "$1" >&2; exit 2; }

is_live() { [[ -z $ROOT && -d /run/systemd/system ]]; }

# One of us at a time, and a log that outlives the terminal. A plan writes neither.
begin_box() {
  if [[ -z $ROOT ]] && ((EUID != 0)); then
    $IS_PLAN || fail "this changes the whole machine, so it needs root: sudo ./provision.sh $command. See first what it would do: ./provision.sh $command --plan"
  fi
  $IS_PLAN && return 0
  mkdir -p "$ROOT/opt/counterbell" "$ROOT/var/log"
  exec {LOCK}>>"$ROOT/opt/counterbell/.lock"
  flock -n "$LOCK" || fail "another provision.sh is at work on this box. Wait for it, then run this again."
  readonly LOG=$ROOT/var/log/counterbell-provision.log
  exec > >(tee -a "$LOG") 2>&1
  printf '%s provision.sh %s\n' "$(date -u +%FT%TZ)" "$command" >>"$LOG"
}

# Walks the steps: plan says what is not as it should be, apply mends it and looks again.
walk_steps() { # walk_steps STEP...
  local step changes=0
  for step in "$@"; do
    if "${step}_done"; then
      $IS_PLAN || printf '    ok       %s\n' "$("${step}_about")"
      continue
    fi
    ((++changes))
    if $IS_PLAN; then
      printf '    would    %s\n' "$("${step}_about")"
      continue
    fi
    printf '    now      %s\n' "$("${step}_about")"
    "${step}_do"
    "${step}_done" || fail "it is still not so: $("${step}_about"). The log is $LOG; run this again, finished steps are kept."
  done
  if $IS_PLAN; then say "$changes change(s) would be made; nothing was written."; else say "$changes change(s)."; fi
}

install_box() {
  begin_box
  if [[ $HAT == ask ]]; then HAT=$(ask_for_hat); fi
  walk_steps "${STEPS[@]}"
  $IS_PLAN || farewell
}

ask_for_hat() {
  local answer=n
  if [[ -t 0 && -z $ROOT ]] && ! uart_done; then
    read -r -p "    Is a Counterbell line-card HAT on this Pi? It takes the serial port of pins 8, 10, 11 and 36, and Bluetooth off it. [y/N] " answer
  fi
  [[ $answer == [yY]* ]] && printf yes || printf no
}

farewell() {
  is_live || return 0
  say "Counterbell runs. Open http://$(hostname).local/ on a phone in this network; the claim code:"
  printf '    %s\n' "$(cat /var/lib/counterbell/claim-code 2>/dev/null || printf 'the box has an owner already')"
  say "What every line is and how it is: counterbell doctor"
}

uninstall_box() {
  begin_box
  if $IS_PLAN; then
    printf '    would    take away %s\n' "the services, ${#FILES[@]} files and /opt/counterbell"
    if $PURGE; then printf '    would    delete the shop: /var/lib/counterbell with every recording\n'; fi
    return 0
  fi
  local file
  if is_live; then systemctl disable --now "${UNITS[@]}" 2>/dev/null || true; fi
  [[ -z $ROOT ]] || systemctl --root="$ROOT" disable "${UNITS[@]}" 2>/dev/null || true
  for file in "${FILES[@]}"; do take_away "$ROOT${file#*:}"; done
  uart_undo
  rm -rf "$ROOT/opt/counterbell"
  if is_live; then systemctl daemon-reload; udevadm control --reload; fi
  if $PURGE; then
    rm -rf "$ROOT/var/lib/counterbell" "$ROOT/var/lib/counterbell-web" "$ROOT/var/lib/counterbell-box" "$ROOT/etc/counterbell"
    say "Counterbell and the shop's data are gone."
  else
    say "Counterbell is gone. The shop's data is kept in /var/lib/counterbell; a new install goes on with it."
  fi
}
