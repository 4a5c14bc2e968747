# shellcheck shell=bash
# The card's Debian: one tar of arm64 trixie, made once by mmdebstrap under emulation and kept until its list of packages changes.

readonly CARD_SUITE=trixie CARD_ARCHITECTURE=arm64
readonly CARD_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly CARD_PACKAGES=(
  systemd systemd-sysv systemd-timesyncd udev dbus libpam-systemd kmod util-linux fdisk e2fsprogs dosfstools
  ca-certificates tzdata gpgv
  network-manager wpasupplicant wireless-regdb firmware-brcm80211 rfkill iproute2 avahi-daemon libnss-mdns
  python3 python3-venv libffi8 libspeexdsp1 libportaudio2 libportaudiocpp0 espeak-ng alsa-utils usbutils
)
# what is left out of every package; copyright files stay
readonly CARD_LEFT_OUT=('/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/lintian/*'
  '/usr/share/bug/*' '/usr/share/alsa/speaker-test/*' '/usr/share/sounds/*')
CARD_MIRROR=${CARD_MIRROR:-http://deb.debian.org/debian}
CARD_SECURITY=${CARD_SECURITY:-http://deb.debian.org/debian-security}

card_sources() {
  local parts='main non-free-firmware' signed="[signed-by=$CARD_KEYRING]"
  printf 'deb %s %s %s %s\n' "$signed" "$CARD_MIRROR" "$CARD_SUITE" "$parts" "$signed" "$CARD_MIRROR" "$CARD_SUITE-updates" "$parts" \
    "$signed" "$CARD_SECURITY" "$CARD_SUITE-security" "$parts"
}
card_root_key() { (declare -p CARD_PACKAGES CARD_LEFT_OUT; card_sources; cat provisioning/card/root_hook.sh) | sha256sum | cut -c1-12; }

make_root_tar() { # make_root_tar TAR PARTS: whole or not there at all
  local tar=$1 parts=$2 left_out=() pattern
  for pattern in "${CARD_LEFT_OUT[@]}"; do left_out+=("--dpkgopt=path-exclude=$pattern"); done
  card_sources |
    CARD_PARTS=$parts.making mmdebstrap --mode=root --format=tar --variant=minbase --architectures="$CARD_ARCHITECTURE" \
      --include="$(IFS=,; printf '%s' "${CARD_PACKAGES[*]}")" \
      --dpkgopt=force-unsafe-io "${left_out[@]}" '--dpkgopt=path-include=/usr/share/doc/*/copyright' \
      --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
      --customize-hook='provisioning/card/root_hook.sh "$1"' "$CARD_SUITE" "$tar.making" -
  rm -rf "$parts"
  mv -T "$parts.making" "$parts"
  mv -T "$tar.making" "$tar"
}
