# shellcheck shell=bash
# What goes with an image to be flashed, and what makes one card of many its owner's: claim code and label.

readonly CARD_DEVICES='["pi3-64bit", "pi4-64bit"]' # as Raspberry Pi Imager tags them

publish_card() { # publish_card FOLDER NAME URL
  local folder=$1 name=$2 url=$3
  (
    cd "$folder"
    rm -f "$name.img.zst" "$name.img.bmap" "$name.img.zst.sha256" os_list.json
    say "Packing ..."
    zstd -q -T0 -10 -f "$name.img" -o "$name.img.zst.making"
    mv -T "$name.img.zst.making" "$name.img.zst"
    bmaptool -q create -o "$name.img.bmap" "$name.img"
    sha256sum "$name.img.zst" >"$name.img.zst.sha256"
  )
  cp web_admin/static/bell.svg "$folder/counterbell.svg"
  python3 provisioning/card/os_list.py "$folder/$name.img" "$folder/$name.img.zst" "$url" "$CARD_DEVICES" >"$folder/os_list.json.making"
  mv -T "$folder/os_list.json.making" "$folder/os_list.json"
}
