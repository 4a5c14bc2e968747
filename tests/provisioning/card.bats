#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# provision.sh image and personalise, with a root of a few files: what goes where on the card, what goes with it, what it says
# when it can't. That the card starts is seen by starting it (provision.sh test image).

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  load toy_card
  export MADE=$BATS_FILE_TMPDIR/made TOY=$BATS_FILE_TMPDIR
  make_toy_card "$TOY"
  make_image >"$BATS_FILE_TMPDIR/first.log" 2>&1 </dev/null || { cat "$BATS_FILE_TMPDIR/first.log"; return 1; }
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  IMG=$MADE/counterbell-0.1.0-toy-arm64.img
  BOOT=$IMG@@$((4 << 20)) ROOTFS="$IMG?offset=$((260 << 20))" DATA="$IMG?offset=$((2308 << 20))"
}

as_if_root() { if ((EUID == 0)); then "$@"; else fakeroot -- "$@"; fi; } # owners on the card are the card's, whoever makes it
make_image() { as_if_root ./provision.sh image --root-tar "$TOY/toy.tar" --release "$TOY/0.1.0-toy" --out "$MADE"; }
card_file() { debugfs -R "cat $1" "$ROOTFS" 2>/dev/null; }
card_stat() { debugfs -R "stat $1" "$ROOTFS" 2>/dev/null; }

@test "three partitions, one after the other, with their labels, and nothing beyond the end" {
  run sfdisk -J "$IMG"
  [ "$status" -eq 0 ]
  [ "$(/usr/bin/python3 -c '
import json, sys
table = json.load(sys.stdin)["partitiontable"]
assert table["label"] == "dos"
for p in table["partitions"]: print(p["start"] // 2048, p["size"] // 2048, p["type"], p.get("bootable", False))' <<<"$output")" = "4 256 c True
260 2048 83 False
2308 128 83 False" ]
  [ "$(stat -c %s "$IMG")" -eq $((2436 << 20)) ]
  [[ $(mlabel -s -i "$BOOT" ::) == *CB-BOOT* ]]
  [[ $(debugfs -R 'stats -h' "$ROOTFS" 2>/dev/null) == *"volume name:"*cb-root* ]]
  [[ $(debugfs -R 'stats -h' "$DATA" 2>/dev/null) == *"volume name:"*cb-data* ]]
  dd if="$IMG" bs=1M skip=260 count=2048 of="$BATS_TEST_TMPDIR/root" conv=sparse status=none
  e2fsck -fn "$BATS_TEST_TMPDIR/root"
}

@test "the boot partition has what a Pi 3 or 4 reads, and no Pi 5's" {
  run mdir -b -i "$BOOT" ::
  [ "$status" -eq 0 ]
  for file in bootcode.bin start.elf fixup.dat start4.elf fixup4.dat bcm2711-rpi-4-b.dtb bcm2837-rpi-3-b.dtb vmlinuz initrd.img config.txt cmdline.txt counterbell.toml; do
    [[ $output == *"::/$file"* ]]
  done
  [[ $output != *bcm2712* && $output != *start_x* ]]
  [ "$(mtype -i "$BOOT" ::vmlinuz)" = kernel ]
  [ "$(mtype -i "$BOOT" ::cmdline.txt)" = "console=tty1 root=LABEL=cb-root rootfstype=ext4 fsck.repair=yes rootwait quiet" ]
  run mtype -i "$BOOT" ::config.txt
  for line in arm_64bit=1 upstream_kernel=1 kernel=vmlinuz 'initramfs initrd.img' '#dtoverlay=counterbell-linecard'; do
    grep -qxF "$line" <<<"$output"
  done
  mcopy -n -i "$BOOT" ::overlays/counterbell-linecard.dtbo "$BATS_TEST_TMPDIR/"
  [[ $(dtc -q -I dtb -O dts "$BATS_TEST_TMPDIR/counterbell-linecard.dtbo") == *uart-has-rtscts* ]]
}

@test "the initramfs starts with a shell that looks for the root by its label" {
  mcopy -n -i "$BOOT" ::initrd.img "$BATS_TEST_TMPDIR/"
  run bash -c "zstd -dc '$BATS_TEST_TMPDIR/initrd.img' | cpio -tv --quiet"
  [ "$status" -eq 0 ]
  grep -Eq '^-rwxr-xr-x .* root +root .* init$' <<<"$output"
  grep -Eq ' bin/busybox$' <<<"$output"
  grep -Eq ' lib/modules/6.12.0-toy/modules.builtin$' <<<"$output"
}

@test "a kernel without one of the drivers a card needs makes no initramfs" {
  cp -r "$TOY/toy.parts/kernel/usr/lib/modules" "$BATS_TEST_TMPDIR/"
  sed -i '/sdhci_iproc/d' "$BATS_TEST_TMPDIR/modules/6.12.0-toy/modules.builtin"
  run provisioning/card/make_initramfs.sh "$BATS_TEST_TMPDIR/modules/6.12.0-toy" "$TOY/toy.parts/busybox/usr/bin/busybox" "$BATS_TEST_TMPDIR/initrd.img"
  [ "$status" -ne 0 ]
  [[ $output == *"no driver sdhci_iproc"* ]]
  [ ! -e "$BATS_TEST_TMPDIR/initrd.img" ]
}

@test "the root: mounts by label, its own name, no password, nothing of the machine it was made on" {
  run card_file /etc/fstab
  [[ $(awk '{ print $1, $2, $3, $6 }' <<<"$output") == "LABEL=cb-root / ext4 1
LABEL=CB-BOOT /boot/firmware vfat 2
LABEL=cb-data /var/lib/counterbell ext4 2" ]]
  [[ $output == *umask=0077* ]]
  [ "$(card_file /etc/hostname)" = counterbell ]
  [[ $(card_file /etc/shadow) == 'root:!*:'* && $(card_file /etc/shadow) != *secret* ]]
  [ -z "$(card_file /etc/shadow | awk -F: '$2 !~ /^[!*]/')" ]
  [ -z "$(card_file /etc/machine-id)" ]
  [[ $(card_stat /etc/machine-id) == *"Size: 0"* ]]
  [ -z "$(card_stat /etc/resolv.conf)" ]
  [[ $(card_stat /usr/lib/firmware/brcm/brcmfmac43455-sdio.txt) == *"Type: regular"* ]]
  [[ $(card_stat /usr/lib/modules/6.12.0-toy/modules.builtin) == *"Type: regular"* ]]
  [[ $(card_stat /usr/bin/setuid) == *"Mode:  04755"* ]]
  [[ $(card_stat /usr/bin/setuid) =~ User:\ +0\ +Group:\ +0 ]]
}

@test "the release is in the root and current, its services start, and only one release takes room" {
  [[ $(card_stat /opt/counterbell/current) == *'"releases/0.1.0-toy"'* ]]
  [[ $(card_stat /opt/counterbell/releases/0.1.0-toy/.venv/bin) == *"Type: directory"* ]]
  [ "$(debugfs -R 'ls -p /opt/counterbell/releases' "$ROOTFS" 2>/dev/null | grep -c '^/.*/[^./][^/]*//$')" -eq 1 ]
  [[ $(card_stat /etc/systemd/system/multi-user.target.wants/counterbell-telephony.service) == *"Type: symlink"* ]]
  [[ $(card_file /etc/passwd) == *counterbell-web:* ]]
  [ -z "$(card_stat /opt/counterbell/.lock)" ]
}

@test "the data partition is the telephony user's, empty, and can grow to the end of a card" {
  owner=$(card_file /etc/passwd | awk -F: '$1 == "counterbell" { print $3 }')
  run debugfs -R 'stat /' "$DATA"
  [[ $output =~ User:\ +$owner ]]
  [[ $output == *"Mode:  0750"* ]]
  dd if="$IMG" bs=1M skip=2308 of="$BATS_TEST_TMPDIR/data" conv=sparse status=none
  truncate -s 60G "$BATS_TEST_TMPDIR/data"
  e2fsck -fp "$BATS_TEST_TMPDIR/data"
  resize2fs "$BATS_TEST_TMPDIR/data"
  e2fsck -fn "$BATS_TEST_TMPDIR/data"
}

@test "Imager's list is as Imager documents it, and its sizes and hashes are those of the files" {
  check_list() { /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open("tests/provisioning/os_list.schema.json")))' "$1"; }
  check_list "$MADE/os_list.json"
  for broken in 's/"extract_sha256": "./"extract_sha256": "x/' 's/pi4-64bit/pi9/' 's/"release_date": "20/"release_date": "/' '/init_format/d;s/armv8",/armv8"/'; do
    sed "$broken" "$MADE/os_list.json" >"$BATS_TEST_TMPDIR/broken.json"
    run cmp -s "$MADE/os_list.json" "$BATS_TEST_TMPDIR/broken.json"
    [ "$status" -eq 1 ]
    run check_list "$BATS_TEST_TMPDIR/broken.json"
    [ "$status" -ne 0 ]
  done
  value() { /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["os_list"][0][sys.argv[2]])' "$MADE/os_list.json" "$1"; }
  [ "$(value extract_size)" = "$(zstd -dc "$IMG.zst" | wc -c)" ]
  [ "$(value extract_sha256)" = "$(zstd -dc "$IMG.zst" | sha256sum | cut -d' ' -f1)" ]
  [ "$(value image_download_size)" = "$(stat -c %s "$IMG.zst")" ]
  [ "$(value image_download_sha256)" = "$(sha256sum "$IMG.zst" | cut -d' ' -f1)" ]
  [ "$(value url)" = "file://$(realpath "$IMG.zst")" ]
  [ "$(value init_format)" = none ]
  (cd "$MADE" && sha256sum -c ./*.sha256)
}

@test "flashed with its block map, every byte that counts is on the card" {
  : >"$BATS_TEST_TMPDIR/card"
  bmaptool -q copy --bmap "$IMG.bmap" "$IMG.zst" "$BATS_TEST_TMPDIR/card"
  cmp "$IMG" "$BATS_TEST_TMPDIR/card"
}

@test "run twice, the second makes nothing; one that was cut off is finished" {
  before=$(stat -c '%n %Y' "$MADE"/*)
  run make_image
  [ "$status" -eq 0 ]
  [[ $output == *"0 change(s)"* ]]
  [ "$before" = "$(stat -c '%n %Y' "$MADE"/*)" ]
  rm "$IMG.zst"
  : >"$IMG.zst.making"
  run make_image
  [ "$status" -eq 0 ]
  [[ $output == *"1 change(s)"* ]]
  (cd "$MADE" && sha256sum -c ./*.sha256)
  [ ! -e "$IMG.zst.making" ]
}

@test "two at a time: the second waits for nobody and says so" {
  exec {lock}>"$MADE/.work/.lock"
  flock "$lock"
  run make_image
  [ "$status" -ne 0 ]
  [[ $output == *"another ./provision.sh image"* ]]
}

@test "a disk that is full before: named, with what is needed" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\necho h\necho "/dev/x 1000 900 100 90%% /"\n' >"$BATS_TEST_TMPDIR/bin/df"
  printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/bin/arch-test"
  chmod +x "$BATS_TEST_TMPDIR/bin"/*
  rm "$IMG"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run make_image
  [ "$status" -ne 0 ]
  [[ $output == *"too little room"*"100 MB free"* ]]
  run make_image
  [ "$status" -eq 0 ]
  [ -f "$IMG" ]
}

@test "a disk that is full in the middle: no half image, and the next run finishes" {
  other=$BATS_TEST_TMPDIR/other
  mkdir "$other"
  run bash -c "ulimit -f 400000; trap '' XFSZ; $(declare -f as_if_root make_image); MADE=$other make_image"
  [ "$status" -ne 0 ]
  [[ $output == *"run it again"* ]]
  [ -z "$(find "$other" -maxdepth 1 -name '*.img')" ]
  MADE=$other run make_image
  [ "$status" -eq 0 ]
  [ -f "$other/os_list.json" ]
}

@test "no emulation of the card's processor: what to do, in a container too" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\nexit 1\n' | tee "$BATS_TEST_TMPDIR/bin"/{arch-test,mount,modprobe} >/dev/null
  chmod +x "$BATS_TEST_TMPDIR/bin"/*
  PATH=$BATS_TEST_TMPDIR/bin:$PATH BINFMT=$BATS_TEST_TMPDIR/none run as_if_root ./provision.sh image --release "$TOY/0.1.0-toy" --out "$BATS_TEST_TMPDIR/out"
  [ "$status" -ne 0 ]
  [[ $output == *"does not run programs for arm64"*"qemu-user-static"* ]]
}

@test "a mirror that is not there is named, and nothing half made is kept" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/bin/arch-test"
  chmod +x "$BATS_TEST_TMPDIR/bin/arch-test"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH CARD_KEPT=$BATS_TEST_TMPDIR/kept CARD_MIRROR=http://127.0.0.1:9/debian CARD_SECURITY=http://127.0.0.1:9/security \
    run as_if_root ./provision.sh image --release "$TOY/0.1.0-toy" --out "$BATS_TEST_TMPDIR/out"
  [ "$status" -ne 0 ]
  [[ $output == *"could not be made"*"http://127.0.0.1:9/debian"* ]]
  [ -z "$(find "$BATS_TEST_TMPDIR/kept" -name 'root-*')" ]
}

@test "a card of its own: a claim code on it, the same on the label, and in the code that a phone reads" {
  cp --sparse=always "$IMG" "$BATS_TEST_TMPDIR/card.img"
  card=$BATS_TEST_TMPDIR/card.img
  run ./provision.sh personalise "$card" --out "$BATS_TEST_TMPDIR/labels"
  [ "$status" -eq 0 ]
  code=$(mtype -i "$card@@$((4 << 20))" ::counterbell-claim-code.txt)
  [[ $code =~ ^[0-9]{8}$ && $output == *"$code"* ]]
  svg=$(find "$BATS_TEST_TMPDIR/labels" -name '*.svg')
  grep -q ">${code:0:4} ${code:4}<" "$svg"
  grep -q '>http://counterbell.local/<' "$svg"
  /usr/bin/python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$svg"
  [ "$(zbarimg -q --raw "$(find "$BATS_TEST_TMPDIR/labels" -name '*.png')")" = "http://counterbell.local/claim?code=$code" ]
  cmp -s <(dd if="$IMG" bs=1M skip=260 status=none) <(dd if="$card" bs=1M skip=260 status=none)
  run ./provision.sh personalise "$card" --out "$BATS_TEST_TMPDIR/labels"
  [ "$status" -eq 0 ]
  [ "$(mtype -i "$card@@$((4 << 20))" ::counterbell-claim-code.txt)" != "$code" ]
}

@test "what is no card, or is packed, is left as it is" {
  head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/holiday.img"
  before=$(sha256sum "$BATS_TEST_TMPDIR/holiday.img")
  run ./provision.sh personalise "$BATS_TEST_TMPDIR/holiday.img"
  [ "$status" -ne 0 ]
  [[ $output == *"no Counterbell card"* ]]
  [ "$before" = "$(sha256sum "$BATS_TEST_TMPDIR/holiday.img")" ]
  run ./provision.sh personalise "$IMG.zst"
  [ "$status" -ne 0 ]
  [[ $output == *"packed"* ]]
  run ./provision.sh personalise
  [ "$status" -eq 2 ]
}
