"""Release files: made, read, refused. Nothing is unpacked that was not signed and whole."""

import contextlib
import io
import lzma
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from appliance.box.release_file import (
    MAGIC,
    MOST_MANIFEST_BYTES,
    Manifest,
    check_fits,
    check_payload,
    read_manifest,
    unpack,
)
from appliance.box.release_keys import make_pair, read_secret, trusted_keys
from appliance.box.release_making import make_release_file
from appliance.errors import ReleaseRefused
from tests.unit.release_rig import (
    KEY,
    STRANGER,
    Member,
    framed,
    make_tree,
    manifest_of,
    payload_of,
    signed,
)

TRUSTED = [KEY.verify_key]
GOOD = payload_of(Member("a.txt"))


def install(data: bytes, folder: Path) -> Manifest:
    """As a box does it. Raises ReleaseRefused."""
    file = io.BytesIO(data)
    manifest = read_manifest(file, TRUSTED)
    check_fits(manifest)
    start = file.tell()
    check_payload(file, manifest)
    file.seek(start)
    folder.mkdir()
    unpack(file, manifest, folder)
    return manifest


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    tree = make_tree(tmp_path_factory.mktemp("trees") / "1.1-new")
    path = make_release_file(tree, KEY, tmp_path_factory.mktemp("out"), preset=0)
    return tree, path.read_bytes()


def test_what_is_made_is_read(made: tuple[Path, bytes], tmp_path: Path) -> None:
    tree, data = made
    manifest = install(data, tmp_path / "box")
    assert (manifest.id, manifest.version) == ("1.1-new", "1.1")
    for name in ("appliance/core.py", "provision.sh", "pyproject.toml"):
        one, other = tree / name, tmp_path / "box" / name
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_mode & 0o777 == other.stat().st_mode & 0o777
        assert int(one.stat().st_mtime) == int(other.stat().st_mtime)
    names = {str(path.relative_to(tmp_path / "box")) for path in (tmp_path / "box").rglob("*")}
    assert not [name for name in names if name.endswith(".a") or "/pip" in name or "/bin" in name]
    assert [name for name in names if name.endswith("counterbell.pth")]


def test_two_of_the_same_tree_hold_the_same(made: tuple[Path, bytes], tmp_path: Path) -> None:
    tree, data = made
    again = make_release_file(tree, KEY, tmp_path, preset=0).read_bytes()
    assert manifest_of(again).payload_sha256 == manifest_of(data).payload_sha256


def test_a_release_with_a_link_in_it_is_not_made(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "1.1-new")
    (tree / "appliance/shadow").symlink_to("/etc/shadow")
    with pytest.raises(ReleaseRefused, match="neither folder nor file"):
        make_release_file(tree, KEY, tmp_path / "out", preset=0)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no release file"),
        (b"PK\x03\x04" * 100, "no release file"),
        (signed(GOOD, STRANGER), "not signed by anybody"),
        (signed(GOOD)[:-1], "cut short"),
        (signed(GOOD)[:100], "cut short"),
        (signed(GOOD) + b"x", "damaged"),
        (signed(GOOD)[:-1] + b"\x00", "damaged"),
        (signed(GOOD, machine="sparc64"), "for sparc64 machines"),
        (signed(GOOD, python="3.2"), "for Python 3.2"),
        (signed(GOOD, format=2), "newer kind"),
        (signed(GOOD, id="../../etc"), "not one that this box understands"),
        (signed(GOOD, version="new"), "not one that this box understands"),
        (signed(GOOD, payload_bytes=2**40), "not one that this box understands"),
        (signed(GOOD, unpacked_bytes=2**40), "not one that this box understands"),
        (signed(GOOD, entries=10**9), "not one that this box understands"),
        (signed(GOOD, entries=2), "less than it says"),
        (signed(GOOD, unpacked_bytes=7), "less than it says"),
        (framed(b"[]", GOOD), "manifest can't be read"),
        (framed(b"[" * 60_000, GOOD), "manifest can't be read"),
        (MAGIC + (MOST_MANIFEST_BYTES + 1).to_bytes(4, "big") + b"x" * 99, "damaged"),
        (signed(b"not xz at all"), "can't be unpacked"),
        (signed(lzma.compress(b"no tar" * 999)), "can't be unpacked"),
        (signed(GOOD[:-40]), "can't be unpacked"),
        (signed(payload_of(Member("a", b"x" * 9)), unpacked_bytes=8), "more than it says"),
        (signed(payload_of(Member("a"), Member("b"))), "more than it says"),
    ],
)
def test_what_is_no_whole_release_for_this_box_is_refused(
    data: bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ReleaseRefused, match=words) as told:
        install(data, tmp_path / "box")
    assert "\n" not in str(told.value)
    if "unpacked" not in words and "it says" not in words:
        assert not (tmp_path / "box").exists()  # nothing was unpacked at all


@pytest.mark.parametrize(
    "member",
    [
        Member("../out.txt"),
        Member("/etc/out.txt"),
        Member("a/../../out.txt"),
        Member("./out.txt"),
        Member("a//b"),
        Member("x" * 401),
        Member("link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        Member("link", kind=tarfile.LNKTYPE, link="/etc/passwd"),
        Member("fifo", kind=tarfile.FIFOTYPE),
        Member("device", kind=tarfile.CHRTYPE),
    ],
    ids=lambda member: member.name[:12],
)
def test_nothing_leads_out_of_the_release(member: Member, tmp_path: Path) -> None:
    data = signed(payload_of(member), entries=9, unpacked_bytes=9)
    with pytest.raises(ReleaseRefused, match=r"leads out|neither folder nor file"):
        install(data, tmp_path / "box")
    assert not list((tmp_path / "box").iterdir())
    assert not (tmp_path / "out.txt").exists()


def test_a_file_twice_is_refused(tmp_path: Path) -> None:
    data = signed(payload_of(Member("a"), Member("a", b"y")), entries=2, unpacked_bytes=2)
    with pytest.raises(FileExistsError):
        install(data, tmp_path / "box")
    assert (tmp_path / "box/a").read_bytes() == b"x"


def test_a_bomb_ends_where_the_manifest_does(tmp_path: Path) -> None:
    bomb = payload_of(Member("zeros", bytes(30 * 2**20)))
    assert len(bomb) < 100_000
    with pytest.raises(ReleaseRefused, match="more than it says"):
        install(signed(bomb, unpacked_bytes=1000), tmp_path / "box")
    assert not list((tmp_path / "box").iterdir())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_changed_byte_is_seen_and_nothing_unpacked(
    data: st.DataObject, made: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = made[1]
    at = data.draw(st.integers(0, len(whole) - 1))
    bits = data.draw(st.integers(1, 255))
    changed = whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]
    folder = tmp_path_factory.mktemp("byte") / "box"
    with pytest.raises(ReleaseRefused):
        install(changed, folder)
    assert not folder.exists()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_cut_file_is_seen(
    data: st.DataObject, made: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("cut")
    length = data.draw(st.integers(0, len(made[1]) - 1))
    with pytest.raises(ReleaseRefused):
        install(made[1][:length], tmp_path / "box")
    assert not (tmp_path / "box").exists()


@settings(max_examples=300, deadline=None)
@given(manifest=st.binary(max_size=600), payload=st.binary(max_size=300))
def test_whatever_is_signed_only_refuses(
    manifest: bytes, payload: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Even who holds the key gets no other error out of it than a refusal."""
    folder = tmp_path_factory.mktemp("fuzz")
    for data in (manifest, framed(manifest, payload), signed(payload)):
        with pytest.raises(ReleaseRefused):
            install(data, folder / "box")
        if (folder / "box").exists():
            (folder / "box").rmdir()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_signed_payload_of_any_bytes_does_no_harm(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A tar stream with bytes changed, packed and signed anew."""
    tar = bytearray(lzma.decompress(payload_of(Member("a.txt", b"x" * 600), Member("b"))))
    for _ in range(data.draw(st.integers(1, 4))):
        tar[data.draw(st.integers(0, len(tar) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("tar")
    file = signed(lzma.compress(bytes(tar), preset=0), entries=2, unpacked_bytes=601)
    with contextlib.suppress(ReleaseRefused, OSError):
        install(file, folder / "box")
    assert {path.name for path in folder.iterdir()} <= {"box"}
    assert not [path for path in folder.rglob("*") if path.is_symlink()]


def test_keys_are_made_once_and_read(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    public = make_pair(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert trusted_keys(tmp_path) == [read_secret(path).verify_key]
    with pytest.raises(ReleaseRefused, match="never written over"):
        make_pair(path)
    (tmp_path / "broken.pub").write_text("counterbell-release-key !!!\n")
    (tmp_path / "secret.pub").write_text(path.read_text())  # put there by mistake
    assert trusted_keys(tmp_path) == [read_secret(path).verify_key]
    assert trusted_keys(tmp_path / "nowhere") == []
    with pytest.raises(ReleaseRefused, match="no key of ours"):
        read_secret(public)


def test_a_box_without_a_key_says_what_to_do() -> None:
    with pytest.raises(ReleaseRefused, match="/etc/counterbell/release-keys"):
        read_manifest(io.BytesIO(signed(GOOD)), [])
    several = [STRANGER.verify_key, SigningKey(b"o" * 32).verify_key, KEY.verify_key]
    assert read_manifest(io.BytesIO(signed(GOOD)), several).id == "1.1-new"
