# shellcheck shell=bash
# A claim code of its own for one card, and the label that goes on the box.

CARD_DISK=   # an image, or a flashed card
LABEL_DIR=
readonly LABEL_PAGE=http://counterbell.local/

personalise_options() {
  while (($#)); do
    case $1 in
      --out) (($# > 1)) || misused "$1 needs a folder"; LABEL_DIR=$2; shift ;;
      -*) misused "'$1' is not an option" ;;
      *) [[ -z $CARD_DISK ]] || misused "one image at a time"; CARD_DISK=$1 ;;
    esac
    shift
  done
  [[ -n $CARD_DISK ]] || misused "personalise needs an image, or a flashed card such as /dev/sdX"
}

personalise_card() {
  local code offset name
  apt_step mtools fdisk qrencode
  [[ -r $CARD_DISK && -w $CARD_DISK ]] || fail "$CARD_DISK can't be read and written. Is the name right? A card in a reader needs root: sudo ./provision.sh personalise $CARD_DISK"
  case $CARD_DISK in *.zst | *.xz | *.gz | *.zip) fail "$CARD_DISK is packed. Unpack it first (zstd -d $CARD_DISK), or flash it and name the card." ;; esac
  grep -qs "^$CARD_DISK" /proc/mounts && fail "$CARD_DISK is mounted. Unmount it, then run this again."
  offset=$(boot_offset "$CARD_DISK")
  code=$(new_claim_code)
  printf '%s\n' "$code" | MTOOLS_SKIP_CHECK=1 mcopy -D o -i "$CARD_DISK@@$offset" - ::counterbell-claim-code.txt ||
    fail "the claim code could not be written to $CARD_DISK. Flash it anew."
  [[ $(MTOOLS_SKIP_CHECK=1 mtype -i "$CARD_DISK@@$offset" ::counterbell-claim-code.txt) == "$code" ]] || fail "$CARD_DISK did not keep the claim code: is the card worn or locked?"
  LABEL_DIR=${LABEL_DIR:-$(label_place)}
  mkdir -p "$LABEL_DIR"
  name=$LABEL_DIR/counterbell-label-$(date +%Y%m%d-%H%M%S)
  write_label "$code" "$name"
  qrencode -t ANSIUTF8 -m 2 "$(claim_address "$code")"
  say "Claim code $code, once: $LABEL_PAGE"
  say "The label, 60 x 30 mm: $name.svg ($name.png is its QR code alone). Keep it with this card; it is written nowhere else."
}

label_place() { if [[ -b $CARD_DISK ]]; then printf '.'; else dirname "$CARD_DISK"; fi; }
claim_address() { printf '%sclaim?code=%s' "$LABEL_PAGE" "$1"; }
new_claim_code() { python3 -c 'import secrets; print(f"{secrets.randbelow(10**8):08d}")'; }

boot_offset() { # boot_offset DISK: where its partition CB-BOOT begins, in bytes
  local start
  start=$(sfdisk -J "$1" 2>/dev/null | python3 -c 'import json, sys; t = json.load(sys.stdin)["partitiontable"]; print(t["partitions"][0]["start"] * t.get("sectorsize", 512))' 2>/dev/null) || start=
  [[ -n $start && $(MTOOLS_SKIP_CHECK=1 mlabel -s -i "$1@@$start" :: 2>/dev/null) == *CB-BOOT* ]] ||
    fail "$1 is no Counterbell card: it has no boot partition named CB-BOOT. Make one with ./provision.sh image, or flash the card anew."
  printf '%s' "$start"
}

# A label of 60 x 30 mm, the QR code left and the words right; the squares of the code come from qrencode.
write_label() { # write_label CODE NAME
  local code=$1 name=$2
  qrencode -t PNG -s 8 -m 4 -o "$name.png" "$(claim_address "$code")"
  qrencode -t ASCII -m 0 "$(claim_address "$code")" | python3 provisioning/card/label.py "$code" "$LABEL_PAGE" >"$name.svg"
}
