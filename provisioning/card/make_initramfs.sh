#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the card's initramfs on this machine: make_initramfs.sh MODULES BUSYBOX FILE
# MODULES is a kernel's folder (…/lib/modules/VERSION, depmod's files in it), BUSYBOX one linked statically for the card.
set -euo pipefail
readonly MODULES=$1 BUSYBOX=$2 FILE=$3
here=$(realpath "$(dirname "$0")")
version=$(basename "$MODULES")

# The card's own reader, a card in a USB reader, and QEMU's disk; each is looked for by the device's name when it starts.
readonly WANTED=(
  ext4 crc32c_generic
  bcm2835 sdhci_iproc mmc_block fixed gpio_regulator
  dwc2 phy_generic xhci_pci xhci_pci_renesas ehci_pci ehci_platform reset_raspberrypi usb_storage uas sd_mod
  virtio_blk virtio_pci virtio_mmio virtio_scsi
)

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,dev,proc,sys,root,"lib/modules/$version"}
install -m 755 "$BUSYBOX" "$tree/bin/busybox"
install -m 755 "$here/init" "$tree/init"

built_in=$(sed 's|.*/||; s|\.ko.*||; s|-|_|g' "$MODULES/modules.builtin")

# Each name is in the kernel or a module of it; one that is neither would be missed on some Pi alone, so it ends this.
wanted_files() {
  local name path
  for name in "${WANTED[@]}"; do
    path=$(awk -F: -v name="$name" '{ n = $1; sub(/.*\//, "", n); sub(/\.ko.*/, "", n); gsub(/-/, "_", n) } n == name' "$MODULES/modules.dep")
    if [[ -n $path ]]; then
      tr -d ':' <<<"$path" | tr ' ' '\n'
    else
      grep -qx "$name" <<<"$built_in" ||
        { echo "make_initramfs.sh: kernel $version has no driver $name" >&2; return 1; }
    fi
  done
}
files=$(wanted_files)
sort -u <<<"$files" | while read -r file; do
  [[ -n $file ]] || continue
  plain=$tree/lib/modules/$version/${file%.xz}
  mkdir -p "$(dirname "$plain")"
  case $file in
    *.xz) xz -dc "$MODULES/$file" >"$plain" ;; # packed once, with all the rest
    *) cp "$MODULES/$file" "$plain" ;;
  esac
done
cp "$MODULES"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$version/"
depmod -b "$tree" "$version"
rm -f "$tree/lib/modules/$version"/*.bin # busybox reads the plain ones
(cd "$tree" && find . -print0 | LC_ALL=C sort -z | cpio -0 --quiet -o -H newc -R 0:0) | zstd -q -9 >"$FILE.making"
mv -T "$FILE.making" "$FILE"
