# shellcheck shell=bash
# What a laptop needs: demo, test, lint, bench and build. All of it stays in the folder, but for Debian packages.

# KiCad 9 checks the schematics. Debian 12 has it in its backports: where they are not among the machine's sources, they are read from
# the same mirror through sources and lists of our own, so that the machine's stay as they are.
kicad_step() {
  [[ $(kicad_version) == 9 && -z $(missing_packages "${APT_KICAD[@]}") ]] && return 0
  command -v apt-get >/dev/null || fail "the schematics need KiCad 9 (kicad-cli) and its symbols"
  local folder codename size options=()
  folder=$(mktemp -d)
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  missing=("${APT_KICAD[@]}")
  if [[ $codename == bookworm ]]; then
    mkdir "$folder/sources" "$folder/lists"
    cp /etc/apt/sources.list.d/*.{list,sources} "$folder/sources/" 2>/dev/null || true
    cp -r /var/lib/apt/lists/. "$folder/lists/" 2>/dev/null || true # spares a download
    backports_source "$codename" "$folder/sources/counterbell-backports.sources"
    chmod -R a+rX "$folder"
    options=(-o "Dir::Etc::sourceparts=$folder/sources" -o "Dir::State::lists=$folder/lists" -o APT::Sandbox::User=root)
  fi
  as_root apt-get "${options[@]}" update -qq
  [[ $codename != bookworm ]] || options+=(-t "$codename-backports")
  size=$(LC_ALL=C apt-get "${options[@]}" install --no-install-recommends --assume-no "${APT_KICAD[@]}" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives.*/\1/p' || true)
  say "KiCad 9 checks the schematics: ${APT_KICAD[*]}. Downloading ${size:-about 150 MB} (root needed) ..."
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get "${options[@]}" install -y --no-install-recommends \
    -o Dpkg::Progress-Fancy=0 -o APT::Color=0 "${APT_KICAD[@]}" |
    count_lines '^(Get:|Setting up)'
  as_root rm -rf "$folder"
  [[ $(kicad_version) == 9 ]] || fail "KiCad 9 is not here, and the schematics are not checked without it. Install kicad 9 and kicad-symbols, then run this again."
}

backports_source() { # backports_source CODENAME FILE
  local mirror suites
  # shellcheck disable=SC2016 # the dollar signs are apt's
  suites=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)')
  grep -q " $1-backports main" <<<"$suites" && return 0 # the machine has them
  mirror=$(awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }' <<<"$suites")
  [[ -n $mirror ]] || fail "no Debian mirror for $1 among the machine's apt sources: KiCad 9 can't be fetched"
  printf '%s\n' 'Types: deb' "URIs: $mirror" "Suites: $1-backports" 'Components: main' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$2"
}

hardware_step() {
  local tree=$BUILD/pi4/bcm2711-rpi-4-b.dtb
  [[ -s $tree ]] || say "Device tree of the Raspberry Pi 4, out of Debian 13's kernel (about 90 MB, once) ..."
  hardware/hat/pi4_device_tree.sh "$tree"
}

npm_step() { # npm_step FOLDER: packages of its lock, checked by hash; Node.js from Debian when there is none
  local folder=$1 want
  command -v npm >/dev/null || apt_step nodejs npm
  want=$( (node --version; cat "$folder/package-lock.json") | sha256sum | cut -d' ' -f1)
  [[ -f $folder/node_modules/.stamp && $(<"$folder/node_modules/.stamp") == "$want" ]] && return 0
  say "JavaScript packages into $folder/node_modules/ (locked versions, checked by hash) ..."
  (cd "$folder" && npm ci --omit=dev --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$want" >"$folder/node_modules/.stamp"
}

# The appliance's Python packages in a folder, checked by hash: what a box without internet is installed from.
wheelhouse_step() {
  local folder=$BUILD/wheelhouse want
  want=$( (python3 --version; cat "${LOCKS[@]}") | sha256sum | cut -d' ' -f1)
  [[ -f $folder/.stamp && $(<"$folder/.stamp") == "$want" ]] && return 0
  say "Python packages into $folder/ (for installs without internet) ..."
  rm -rf "$folder"
  local arguments=() lock
  for lock in "${LOCKS[@]}"; do arguments+=(-r "$lock"); done
  "$VENV/bin/pip" download --disable-pip-version-check --require-hashes --no-deps --progress-bar off -d "$folder" "${arguments[@]}" |
    count_lines '^(Collecting|Saved)'
  printf '%s\n' "$want" >"$folder/.stamp"
}

prepare_run() {
  apt_step "${APT_RUN[@]}"
  python_step run.stamp "${LOCKS[@]}"
  build_step
}

prepare_test() {
  say "Tests need about ${PIP_TEST_MB} MB of Python packages beside the ${PIP_RUN_MB} MB the appliance uses, Chromium (about 100 MB) and KiCad 9 (about 150 MB) from Debian."
  apt_step "${APT_RUN[@]}" "${APT_TEST[@]}" "${APT_IMAGE[@]}"
  apt_step "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" # libFuzzer; named after clang's version
  command -v jack_wait >/dev/null || apt_step jack-example-tools # since Debian 13 no longer part of jackd2
  kicad_step
  python_step run.stamp "${LOCKS[@]}"
  python_step test.stamp "${LOCKS[@]}" requirements-test.lock
  npm_step tests/rp2040
  build_step
  hardware_step
  wheelhouse_step
}
