# shellcheck shell=bash
# The card's disk: three partitions, made as files without a mount and put one after the other.

readonly CARD_START_MB=4 CARD_BOOT_MB=256 CARD_ROOT_MB=2048 CARD_DATA_MB=128 # the data partition grows at the first start
readonly CARD_HOSTNAME=counterbell
readonly FIRMWARE=(bootcode.bin start.elf fixup.dat start4.elf fixup4.dat)
readonly CMDLINE='console=tty1 root=LABEL=cb-root rootfstype=ext4 fsck.repair=yes rootwait quiet'

# What makes a Debian root a card's: where things are mounted, its name, no password, nothing of the machine it was made on.
finish_card_root() { # finish_card_root ROOT PARTS
  local root=$1 parts=$2 kernel
  kernel=$(card_kernel "$parts")
  mkdir -p "$root/boot/firmware" "$root/usr/lib/modules"
  rm -rf "$root/usr/lib/modules/$kernel"
  cp -a "$parts/kernel/usr/lib/modules/$kernel" "$root/usr/lib/modules/"
  depmod -b "$root" "$kernel"
  cp -a "$parts/firmware/usr/lib/firmware" "$root/usr/lib/"
  cp "$parts/versions" "$root/usr/lib/counterbell-card" # kernel and firmware, which dpkg there does not know
  printf '%s\n' "$CARD_HOSTNAME" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n' "$CARD_HOSTNAME" >"$root/etc/hosts"
  rm -f "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed" \
    "$root/opt/counterbell/.lock" "$root/var/log/counterbell-provision.log"
  : >"$root/etc/machine-id" # made at the first start
  sed -i 's/^root:[^:]*:/root:!*:/' "$root/etc/shadow"
  cat >"$root/etc/fstab" <<'TEXT'
LABEL=cb-root  /                      ext4  noatime,errors=remount-ro                             0 1
LABEL=CB-BOOT  /boot/firmware         vfat  noatime,umask=0077,nofail,x-systemd.device-timeout=5min 0 2
LABEL=cb-data  /var/lib/counterbell   ext4  noatime,nofail,x-systemd.device-timeout=5min            0 2
TEXT
}
card_kernel() { ls "$1/kernel/usr/lib/modules"; }

# The Pi's boot partition as Debian's raspi-firmware lays it out, in a folder.
make_boot_folder() { # make_boot_folder FOLDER PARTS ROOT
  local folder=$1 parts=$2 root=$3 kernel file
  kernel=$(card_kernel "$parts")
  rm -rf "$folder"
  mkdir -p "$folder/overlays"
  for file in "${FIRMWARE[@]}"; do cp "$parts/firmware/usr/lib/raspi-firmware/$file" "$folder/"; done
  cp "$parts/kernel/usr/lib/linux-image-$kernel/broadcom"/bcm2837-rpi-*.dtb "$parts/kernel/usr/lib/linux-image-$kernel/broadcom"/bcm2711-rpi-*.dtb "$folder/"
  cp "$parts/kernel/boot/vmlinuz-$kernel" "$folder/vmlinuz"
  provisioning/card/make_initramfs.sh "$root/usr/lib/modules/$kernel" "$parts/busybox/usr/bin/busybox" "$folder/initrd.img"
  dtc -q -@ -I dts -O dtb -o "$folder/overlays/counterbell-linecard.dtbo" hardware/hat/counterbell-linecard-overlay.dts
  cp provisioning/card/config.txt "$folder/config.txt"
  cp provisioning/counterbell.toml.sample "$folder/counterbell.toml" # nothing is set in it: every key has its # still
  printf '%s\n' "$CMDLINE" >"$folder/cmdline.txt"
}

make_disk() { # make_disk IMAGE ROOT BOOT WORK
  local image=$1 root=$2 boot=$3 work=$4 owner data_mode=750
  rm -f "$work"/{boot,root,data}.part
  truncate -s "${CARD_BOOT_MB}M" "$work/boot.part"
  mkfs.vfat -F 32 -s 4 -n CB-BOOT "$work/boot.part" >/dev/null
  mcopy -s -i "$work/boot.part" "$boot"/* ::
  make_ext4 "$work/root.part" "$CARD_ROOT_MB" cb-root -d "$root"
  owner=$(awk -F: '$1 == "counterbell" { print $3 ":" $4 }' "$root/etc/passwd")
  [[ -n $owner ]] || fail "the root has no user counterbell; take the folder $root away and run this again"
  # ordinary sizes of blocks and inodes, and a journal for a whole card, though it starts small
  make_ext4 "$work/data.part" "$CARD_DATA_MB" cb-data -T default -b 4096 -i 16384 -J size=16 -E "root_owner=$owner"
  debugfs -w -R "set_inode_field / mode 040$data_mode" "$work/data.part" 2>/dev/null
  rm -f "$image"
  truncate -s "$((CARD_START_MB + CARD_BOOT_MB + CARD_ROOT_MB + CARD_DATA_MB))M" "$image"
  printf '%s\n' 'label: dos' "start=${CARD_START_MB}MiB, size=${CARD_BOOT_MB}MiB, type=c, bootable" \
    "size=${CARD_ROOT_MB}MiB, type=83" "size=${CARD_DATA_MB}MiB, type=83" | sfdisk -q "$image"
  put_part "$work/boot.part" "$image" "$CARD_START_MB"
  put_part "$work/root.part" "$image" "$((CARD_START_MB + CARD_BOOT_MB))"
  put_part "$work/data.part" "$image" "$((CARD_START_MB + CARD_BOOT_MB + CARD_ROOT_MB))"
  rm -f "$work"/{boot,root,data}.part
}
make_ext4() { # make_ext4 FILE MB LABEL OPTION...
  local file=$1 megabytes=$2 label=$3
  shift 3
  truncate -s "${megabytes}M" "$file"
  mke2fs -q -t ext4 -L "$label" -m 1 "$@" "$file"
}
put_part() { dd if="$1" of="$2" bs=1M seek="$3" conv=notrunc,sparse status=none; } # put_part PART IMAGE MB
