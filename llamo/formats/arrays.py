"""Opening ``.npz`` and ``.npy`` without trust: sizes are checked before memory is taken, and no
object array (pickle, so code) is ever loaded."""

from __future__ import annotations

import ast
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from llamo.errors import UnreadableFile

MAX_ARRAY_BYTES = 1 << 30
"""One array may take at most 1 GiB; the largest known AMASS file needs a tenth of it."""

_MAX_HEADER = 1 << 16
_MAX_MEMBERS = 1000
_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, OverflowError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What zipfile and zlib raise on damaged, encrypted or exotic archives."""


class Header(NamedTuple):
    """What an array declares about itself."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool

    @property
    def bytes(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count * self.dtype.itemsize


def read_header(stream: IO[bytes], where: str) -> Header:
    """Read an ``.npy`` header, and refuse objects and sizes beyond reason.

    Raises:
        UnreadableFile: No array, an array of Python objects, or one that is too large.
    """
    broken = UnreadableFile(f"{where} is damaged: its array header cannot be read; save it again.")
    prefix = stream.read(8)
    if len(prefix) < 8 or prefix[:6] != b"\x93NUMPY":
        if prefix[:1] == b"\x80":
            raise UnreadableFile(
                f"{where} is a pickle, which can run code and is never opened; save it again "
                "with numpy.save or numpy.savez as plain arrays."
            )
        raise UnreadableFile(f"{where} is not a numpy array; save it with numpy.save.")
    width = {1: 2, 2: 4, 3: 4}.get(prefix[6])
    if width is None:
        raise broken
    size = int.from_bytes(stream.read(width), "little")
    if size > _MAX_HEADER:
        raise broken
    raw = stream.read(size)
    try:
        declared = ast.literal_eval(raw.decode("utf-8" if prefix[6] == 3 else "latin1"))
        shape, descr = declared["shape"], declared["descr"]
        fortran = bool(declared["fortran_order"])
        dtype = np.dtype(descr)
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise broken from None
    if not isinstance(shape, tuple) or not all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape
    ):
        raise broken
    if dtype.hasobject:
        raise UnreadableFile(
            f"{where} holds Python objects (a pickle), which can run code and are never opened; "
            "save plain numeric arrays instead."
        )
    if dtype.kind not in "fiubUS":
        raise UnreadableFile(f"{where} holds {dtype} values; numbers or text were expected.")
    header = Header(shape, dtype, fortran)
    if header.bytes > MAX_ARRAY_BYTES:
        raise UnreadableFile(
            f"{where} declares shape {shape}, {header.bytes / 2**30:.3g} GiB; at most "
            f"{MAX_ARRAY_BYTES >> 30} GiB is read. Cut the recording into shorter files."
        )
    return header


def _read_body(stream: IO[bytes], header: Header, where: str) -> np.ndarray:
    if not header.bytes:
        return np.empty(header.shape, header.dtype)
    raw = stream.read(header.bytes)
    if len(raw) != header.bytes:
        raise UnreadableFile(
            f"{where} is truncated: shape {header.shape} needs {header.bytes} bytes, got "
            f"{len(raw)}; copy or download it again."
        )
    array = np.frombuffer(raw, header.dtype).copy()  # a buffer of bytes could not be written to
    return array.reshape(header.shape, order="F" if header.fortran else "C")


def load_npy(path: Path) -> np.ndarray:
    """One numeric array.

    Raises:
        UnreadableFile: Damaged, truncated, too large, or not plain numbers.
    """
    try:
        with path.open("rb") as stream:
            header = read_header(stream, path.name)
            return _read_body(stream, header, path.name)
    except _BROKEN as error:
        raise UnreadableFile(f"{path.name} cannot be read: {first_line(error)}.") from None


class Archive:
    """The arrays of an ``.npz``, looked at before they are loaded.

    Args:
        path: The file.
        content: Its bytes, where they are not the file's own.

    Raises:
        UnreadableFile: Not a zip archive, damaged, or with more members than any motion has.
    """

    def __init__(self, path: Path, content: IO[bytes] | None = None) -> None:
        self.path = path
        self._source = content or path
        try:
            with zipfile.ZipFile(self._source) as archive:
                members = archive.infolist()
        except _BROKEN as error:
            raise UnreadableFile(
                f"{path.name} is not a whole .npz archive ({first_line(error)}); "
                "copy or download it again."
            ) from None
        if len(members) > _MAX_MEMBERS:
            raise UnreadableFile(
                f"{path.name} holds {len(members)} arrays; a motion file has a handful."
            )
        self._members = {
            name.removesuffix(".npy"): name for name in (member.filename for member in members)
        }

    @property
    def names(self) -> set[str]:
        """Names of the arrays."""
        return set(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def header(self, name: str) -> Header:
        """Declared shape and type of one array, without loading it."""
        return self._open(name)[0]

    def load(self, name: str) -> np.ndarray:
        """One array; numbers or text, never objects."""
        array = self._open(name, body=True)[1]
        assert array is not None
        return array

    def number(self, name: str) -> float | None:
        """A single number, None where the file has none of that name.

        Raises:
            UnreadableFile: The array is no single finite number.
        """
        if name not in self:
            return None
        where = f"{name!r} in {self.path.name}"
        header = self.header(name)
        if header.dtype.kind not in "fiu" or header.bytes != header.dtype.itemsize:
            raise UnreadableFile(f"{where} must be one number, got shape {header.shape}.")
        value = float(self.load(name).reshape(()))
        if not np.isfinite(value):
            raise UnreadableFile(f"{where} must be a finite number, got {value}.")
        return value

    def text(self, name: str) -> str | None:
        """A short piece of text, None where the file has none of that name."""
        if name not in self:
            return None
        header = self.header(name)
        if header.dtype.kind not in "US" or header.shape not in ((), (1,)):
            raise UnreadableFile(f"{name!r} in {self.path.name} must be one piece of text.")
        value = self.load(name).reshape(()).item()
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def numbers(self, name: str, *, ndim: int) -> np.ndarray:
        """An array of numbers with a known count of dimensions.

        Raises:
            UnreadableFile: It is missing, has another form, or is damaged.
        """
        where = f"{name!r} in {self.path.name}"
        if name not in self:
            raise UnreadableFile(
                f"{self.path.name} lacks {name!r}; it holds {', '.join(sorted(self.names)[:12])}."
            )
        header = self.header(name)
        if header.dtype.kind not in "fiu" or len(header.shape) != ndim:
            raise UnreadableFile(
                f"{where} must be numbers in {ndim} dimensions, got {header.dtype} of shape "
                f"{header.shape}."
            )
        return self.load(name)

    def _open(self, name: str, body: bool = False) -> tuple[Header, np.ndarray | None]:
        where = f"{name!r} in {self.path.name}"
        try:
            with (
                zipfile.ZipFile(self._source) as archive,
                archive.open(self._members[name]) as stream,
            ):
                header = read_header(stream, where)
                return header, _read_body(stream, header, where) if body else None
        except _BROKEN as error:
            raise UnreadableFile(
                f"{where} is damaged ({first_line(error)}); copy or download the file again."
            ) from None


def first_line(error: BaseException) -> str:
    """The first line of another library's message, for a message of ours."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]
