# shellcheck shell=bash
# A root file system and its parts, as provision.sh image takes them, of a few files: what is looked at is where things go.

make_toy_card() { # make_toy_card FOLDER: FOLDER/toy.tar, FOLDER/toy.parts, FOLDER/0.1.0-toy (a release)
  local root=$1/toy parts=$1/toy.parts kernel=6.12.0-toy name modules
  mkdir -p "$root"/{etc/systemd,usr/lib/sysusers.d,var/lib/dbus,usr/bin,tmp} "$1/0.1.0-toy/.venv/bin"
  chmod 1777 "$root/tmp"
  ln -s usr/lib "$root/lib"
  printf 'g %s - -\n' dialout audio >"$root/usr/lib/sysusers.d/debian.conf"
  printf 'root:x:0:0:root:/root:/bin/bash\n' >"$root/etc/passwd"
  printf 'root:$y$secret:20000:0:99999:7:::\n' >"$root/etc/shadow"
  printf 'maker\n' >"$root/etc/hostname"
  printf '0123456789abcdef0123456789abcdef\n' >"$root/etc/machine-id"
  printf 'nameserver 10.0.0.1\n' >"$root/etc/resolv.conf"
  install -m 4755 /dev/null "$root/usr/bin/setuid"
  tar -c -f "$1/toy.tar" --numeric-owner --owner=0 --group=0 -C "$root" .
  rm -r "$root"
  modules=$parts/kernel/usr/lib/modules/$kernel
  mkdir -p "$modules" "$parts/kernel/boot" "$parts/kernel/usr/lib/linux-image-$kernel/broadcom" \
    "$parts/firmware/usr/lib/raspi-firmware" "$parts/firmware/usr/lib/firmware/brcm" "$parts/busybox/usr/bin"
  for name in $(sed -n '/^readonly WANTED=(/,/^)/p' provisioning/card/make_initramfs.sh | grep -v '[()]'); do
    printf 'kernel/%s.ko\n' "$name"
  done >"$modules/modules.builtin"
  : >"$modules/modules.order"
  : >"$modules/modules.builtin.modinfo"
  : >"$modules/modules.dep"
  printf 'kernel\n' >"$parts/kernel/boot/vmlinuz-$kernel"
  printf 'tree\n' | tee "$parts/kernel/usr/lib/linux-image-$kernel/broadcom"/{bcm2711-rpi-4-b,bcm2837-rpi-3-b,bcm2712-rpi-5-b}.dtb >/dev/null
  for name in bootcode.bin start.elf fixup.dat start4.elf fixup4.dat start_x.elf; do printf '%s\n' "$name" >"$parts/firmware/usr/lib/raspi-firmware/$name"; done
  printf 'wifi\n' >"$parts/firmware/usr/lib/firmware/brcm/brcmfmac43455-sdio.txt"
  printf 'busybox\n' >"$parts/busybox/usr/bin/busybox"
  printf 'linux-image-%s 6.12.0\n' "$kernel" >"$parts/versions"
  printf 'python3.13 3.13.5-2\n' >"$parts/packages"
}
