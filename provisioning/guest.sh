# shellcheck shell=bash
# The card's image tried by booting it: what that needs besides the tests, and the run of tests/guest.

# QEMU's machines for arm64, its disk tools, and what takes an image's FAT partition and compression apart
readonly APT_GUEST=(qemu-system-arm qemu-utils mtools zstd xz-utils chromium)

newest_image() { # an image that `./provision.sh image` made
  find "$BUILD/card/out" -maxdepth 1 -name "*.img" -printf '%T@ %p\n' 2>/dev/null |
    sort -rn | head -n 1 | cut -d' ' -f2-
}

test_image() { # test_image [IMAGE] [PYTEST ARGUMENT...]
  local image='' began=$SECONDS
  if [[ ${1:-} == *.img || ${1:-} == *.img.* ]]; then
    image=$1
    shift
    [[ -f $image ]] || fail "there is no image $image"
  fi
  apt_step "${APT_RUN[@]}" "${APT_GUEST[@]}"
  python_step run.stamp "${LOCKS[@]}"
  python_step test.stamp "${LOCKS[@]}" requirements-test.lock
  build_step
  if [[ -z $image ]]; then
    ./provision.sh image
    image=$(newest_image)
    [[ -n $image ]] || fail "'./provision.sh image' left no image in $BUILD/card/out"
  fi
  say "Booting $image in QEMU: first boot, calls, a killed service, a power cut, a restore on a second card (about 12 minutes) ..."
  COUNTERBELL_IMAGE=$(realpath "$image") "$VENV/bin/python" -m pytest -v --capture=no --durations=0 --durations-min=1 tests/guest "$@"
  say "Done in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s. The figures: $BUILD/guest/figures.txt; consoles and wires: $BUILD/guest/"
}
