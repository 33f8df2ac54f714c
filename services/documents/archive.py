"""The files of an archive or of a folder, with limits on all that could burst (SECURITY §G 09).

Nothing is ever unpacked onto the disk: a member is read into memory by its cleaned name, so that neither "../" nor a
link leads anywhere.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.errors import Invalid, Reason, TooLarge

MOST_MEMBERS = 5_000
MOST_UNPACKED = 256 * 1024 * 1024
MOST_OF_ONE = 64 * 1024 * 1024
#: squeezed further than this is no text and no picture; what is small may be
MOST_RATIO, SMALL = 200, 1024 * 1024
#: the end record of an archive, and where it says how many members there are and how large their list is
_END, _END_BYTES, _COMMENT = b"PK\x05\x06", 22, 65_535
#: a member's place in that list: 46 bytes and its name
_LISTED = 46 + 1024
#: what systems put into archives for themselves
_NOISE = ("__MACOSX/", ".")
BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)


class Archive:
    """A ZIP file. Raises Invalid, TooLarge when it cannot be used as a whole."""

    def __init__(self, path: Path):
        _refuse_crowd(path)
        self.left_out: list[tuple[str, Reason]] = []
        try:
            self._zip = zipfile.ZipFile(path)
        except BROKEN:
            raise Invalid("The archive cannot be read") from None
        self._members = dict(self._wanted())
        refuse_bomb(self._members.values())

    def names(self) -> list[str]:
        return sorted(self._members)

    def read(self, name: str) -> bytes:
        """Raises Invalid when the member is damaged, TooLarge when it is larger than it says."""
        try:
            with self._zip.open(self._members[name]) as member:
                data = member.read(MOST_OF_ONE + 1)
        except BROKEN:
            raise Invalid("The archive cannot be read") from None
        if len(data) > MOST_OF_ONE:
            raise TooLarge("The file is too large once unpacked", limit=MOST_OF_ONE)
        return data

    def _wanted(self) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        for member in self._zip.infolist():
            if member.is_dir():
                continue
            name = safe_name(_name_of(member))
            if name is None:
                self.left_out.append((member.filename[:200], Reason("The path leads out of the archive")))
            elif stat.S_ISLNK(member.external_attr >> 16):
                self.left_out.append((name, Reason("Links are not followed")))
            elif member.flag_bits & 1:
                self.left_out.append((name, Reason("The file is protected by a password")))
            elif not _is_noise(name):
                yield name, member


class Folder:
    """A folder of the operator's own disk; links in it are not followed."""

    def __init__(self, path: Path):
        self._top = path.resolve()
        self.left_out: list[tuple[str, Reason]] = []
        self._paths: dict[str, Path] = {}
        for found in sorted(self._top.rglob("*")):
            name = found.relative_to(self._top).as_posix()
            if found.is_symlink() or self._top not in found.resolve().parents:
                self.left_out.append((name, Reason("Links are not followed")))
            elif found.is_file() and not _is_noise(name):
                self._paths[name] = found

    def names(self) -> list[str]:
        return sorted(self._paths)

    def read(self, name: str) -> bytes:
        if self._paths[name].stat().st_size > MOST_OF_ONE:
            raise TooLarge("The file is too large", limit=MOST_OF_ONE)
        return self._paths[name].read_bytes()


class Single:
    """One file by itself, seen as an archive with one member."""

    def __init__(self, path: Path, name: str):
        self._path, self._name = path, name
        self.left_out: list[tuple[str, Reason]] = []

    def names(self) -> list[str]:
        return [self._name]

    def read(self, name: str) -> bytes:
        return self._path.read_bytes()


Source = Archive | Folder | Single


def refuse_bomb(members, most: int = MOST_UNPACKED) -> None:
    """Refuse what says itself that it becomes too large. Raises TooLarge."""
    unpacked, squeezed = 0, False
    for member in members:
        unpacked += member.file_size
        squeezed |= member.file_size > max(SMALL, MOST_RATIO * max(member.compress_size, 1))
    if unpacked > most or squeezed:
        raise TooLarge("The file is too large once unpacked", limit=most)


def safe_name(name: str) -> str | None:
    """The path with forward slashes, None when it would leave its folder or cannot be one."""
    name = name.replace("\\", "/")
    path = PurePosixPath(name)
    if "\x00" in name or not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return None
    return path.as_posix()


def _refuse_crowd(path: Path) -> None:
    """Refuse an archive with too many members before a list of them is made."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_BYTES - _COMMENT))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Invalid("The archive cannot be read")
    members, listed = struct.unpack_from("<HI", tail, at + 10)
    # an archive that says 65,535 has its true number elsewhere; it has too many anyway
    if members > MOST_MEMBERS or listed > MOST_MEMBERS * _LISTED:
        raise TooLarge("The archive has too many files", limit=MOST_MEMBERS)


def _name_of(member: zipfile.ZipInfo) -> str:
    """Archives of Chinese Windows write names in GBK and do not say so; Python then takes them for code page 437."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _is_noise(name: str) -> bool:
    return name.startswith(_NOISE[0]) or any(part.startswith(_NOISE[1]) for part in PurePosixPath(name).parts)
