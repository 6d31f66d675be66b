"""Archives: what was packed comes out as it was, and nothing else ever does."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.archive import Limits, pack, unpack
from inspector.errors import ArchiveError, InspectorError, PackageError
from inspector.member_names import clashing_name, name_problem

LIMITS = Limits(files=50, total_bytes=20_000_000)


def accepted(_folder: Path) -> None:
    """Whatever it is."""


def made(path: Path, members: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _info: None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, data)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(archive: Path, limits: Limits = LIMITS) -> str:
    """Unpack, and return what was said; nothing may have been written anywhere."""
    world = archive.parent
    before = set(world.rglob("*"))
    with pytest.raises(ArchiveError) as caught:
        unpack(archive, world / "out", limits, accepted)
    assert set(world.rglob("*")) == before
    return caught.value.message


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.text("abcäé /-_.", min_size=1, max_size=12).filter(lambda name: not name_problem(name)),
        st.binary(max_size=200),
        max_size=6,
    ).filter(lambda files: not clashing_name(files))
)
def test_that_what_was_packed_comes_out_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("pack")
    for number, data in enumerate(files.values()):
        (folder / f"{number}.bin").write_bytes(data)
    members = [(name, folder / f"{number}.bin") for number, name in enumerate(files)]
    pack(folder / "a.zip", members)
    pack(folder / "b.zip", members)
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()
    unpack(folder / "a.zip", folder / "out", LIMITS, accepted)
    assert tree(folder / "out") == files


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt", "a/../../out.txt", "/etc/passwd", "//server/share", "C:/x", "c:x", "a\\..\\b", ".", "..", "a//b",
        "./a", "a/./b", "a/", "con", "NUL.txt", "a/com1.log", "lpt¹", "a.", "a ", " a", "~root/x", "a\nb",
        "a\x01", "x:y", "a" * 201, "/".join("a" * 13), "ä" * 101, "a\ud800",
    ],
)  # fmt: skip
def test_that_a_name_that_leads_elsewhere_or_fits_not_every_system_is_no_name(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], ["x/a", "X/A"], ["a", "a/b"], ["a/b", "a"], ["ﬁ", "fi"]])
def test_that_two_names_of_one_file_are_noticed(names: list[str]) -> None:
    assert clashing_name(names) == names[1]


@pytest.mark.parametrize("name", ["../escaped", "/escaped-absolutely", "a/../../escaped", "a\\..\\escaped", "C:x"])
def test_that_an_archive_with_such_a_name_is_refused_whole(name: str, tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", {"good.txt": b"1", name: b"2"})
    assert "refused" in refused(archive) or "name" in refused(archive)


def test_that_a_nul_in_a_name_is_refused(tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", {"goodXbad.txt": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"goodXbad", b"good\0bad"))
    assert "character" in refused(archive)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_that_only_regular_files_come_out(kind: int, tmp_path: Path) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16

    assert "no file" in refused(made(tmp_path / "a.zip", {"link": b"/etc/passwd"}, change))


def test_that_a_bomb_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    assert "times its own size" in refused(made(tmp_path / "a.zip", {"zeros": bytes(5_000_000)}))
    assert "bytes unpacked" in refused(
        made(tmp_path / "b.zip", {"zeros": bytes(5_000_000)}), Limits(total_bytes=4_000_000)
    )


def test_that_entries_that_share_their_data_are_one_bomb(tmp_path: Path) -> None:
    """Fifield's construction, simplified: many directory entries point to the same compressed bytes."""
    plain = made(tmp_path / "a.zip", {"zeros00": bytes(400_000)}).read_bytes()
    start = plain.index(b"PK\x01\x02")
    entry, end = plain[start : plain.index(b"PK\x05\x06")], plain[plain.index(b"PK\x05\x06") :]
    entries = b"".join(entry.replace(b"zeros00", b"zeros%02d" % number) for number in range(40))
    end = end[:8] + struct.pack("<HHII", 40, 40, len(entries), start) + end[20:]
    archive = tmp_path / "b.zip"
    archive.write_bytes(plain[:start] + entries + end)
    assert "times its own size" in refused(archive)


def test_that_too_many_files_are_refused(tmp_path: Path) -> None:
    assert "files" in refused(made(tmp_path / "a.zip", {f"{number}": b"" for number in range(51)}))


def test_that_a_directory_of_entries_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", {f"{number:0190d}": b"" for number in range(500)})
    assert "files" in refused(archive, Limits(files=50))


def test_that_a_declared_size_that_lies_is_refused(tmp_path: Path) -> None:
    data = made(tmp_path / "a.zip", {"a": bytes(range(256)) * 40}).read_bytes()
    for lie in (1, 10_239, 10_241, 0):
        path = tmp_path / f"{lie}.zip"
        path.write_bytes(data.replace(struct.pack("<I", 10_240), struct.pack("<I", lie)))
        refused(path)


def test_that_encrypted_and_unknown_compression_are_refused(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path / "a.zip", {"a": b"x" * 100}).read_bytes())
    start = data.index(b"PK\x01\x02")
    for at, value, said in ((8, 1, "encrypted"), (10, 12, "compressed in a way")):
        changed = bytearray(data)
        changed[start + at] |= value
        (tmp_path / "b.zip").write_bytes(changed)
        assert said in refused(tmp_path / "b.zip")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_that_a_damaged_archive_gives_what_was_packed_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    files = {"a.txt": b"hello " * 50, "b/c.bin": bytes(range(256))}
    archive = made(folder / "a.zip", files)
    whole = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    whole = whole[: data.draw(st.integers(len(whole) // 2, len(whole)))]
    archive.write_bytes(whole)
    before = set(folder.parent.iterdir())
    try:
        unpack(archive, folder / "out", LIMITS, accepted)
    except ArchiveError:
        assert not (folder / "out").exists()
    else:
        assert set(tree(folder / "out").values()) <= set(files.values())
    assert set(folder.parent.iterdir()) == before
    assert set(folder.iterdir()) <= {archive, folder / "out"}


def test_that_nothing_is_written_over(tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", {"a": b"1"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(ArchiveError, match="is there already"):
        unpack(archive, tmp_path / "out", LIMITS, accepted)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError, match="is there already"):
        unpack(archive, tmp_path / "link", LIMITS, accepted)
    with pytest.raises(ArchiveError, match="exists"):
        pack(archive, [])
    assert tree(tmp_path / "out") == {"mine": b"mine"}


def test_that_a_check_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    def check(folder: Path) -> None:
        assert tree(folder) == {"a": b"1"}
        raise PackageError("no package")

    before = made(tmp_path / "a.zip", {"a": b"1"})
    with pytest.raises(InspectorError, match="no package"):
        unpack(before, tmp_path / "out", LIMITS, check)
    assert list(tmp_path.iterdir()) == [before]
