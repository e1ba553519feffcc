"""What a file is, from its first bytes, before any decoder sees it.

FFmpeg guesses a format from contents. Among its formats are playlists (HLS, DASH, concat, SDP) that
name other files and network addresses, so a stranger's "video" could make this machine open them.
Here the guess is ours, from a short list of containers, and FFmpeg is told which reader to use.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from llamo.errors import UnreadableFile
from llamo.video.values import VideoLimits, shown

_HEAD_BYTES = 4096

_CONTAINERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
    (4, b"skip", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"AVI ", "avi"),
    (0, b"GIF8", "gif"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"OggS", "ogg"),
    (0, b"DKIF", "ivf"),
    (0, b"YUV4MPEG2 ", "yuv4mpegpipe"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x00\x00\x01\xb3", "mpegvideo"),
    (0, b"\x06\x0e\x2b\x34", "mxf"),
)
"""(offset, bytes there, FFmpeg's reader)."""

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIC picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (8, b"WAVE", "sound"),
    (0, b"ID3", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"\xff\xfb", "sound"),
    (0, b"\xff\xf1", "sound"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"%PDF", "a PDF document"),
)
"""(offset, bytes there, what a user would call it)."""


def check_file(path: str | os.PathLike[str], limits: VideoLimits) -> tuple[Path, str]:
    """The file's absolute path and the container that its first bytes announce.

    Raises:
        UnreadableFile: Missing, no regular file, empty, too large, or no video.
    """
    file = Path(path)
    name = shown(file.name)
    try:
        file = file.absolute()
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableFile(f"{name} is a folder; give one video file.")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(f"{name} is no regular file; give a video file.")
        if status.st_size == 0:
            raise UnreadableFile(f"{name} is empty; record or copy it again.")
        if status.st_size > limits.file_bytes:
            raise UnreadableFile(
                f"{name} has {status.st_size / 1e6:.0f} MB, more than {limits.file_bytes / 1e6:g}; "
                "cut it, or raise VideoLimits.file_bytes."
            )
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise UnreadableFile(f"{name!r} does not exist; check the path.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableFile(f"{name!r} cannot be read: {shown(reason or str(error))}.") from None
    return file, container_of(head, name)


def container_of(head: bytes, name: str) -> str:
    """FFmpeg's name of the container that begins with ``head``.

    Raises:
        UnreadableFile: It is a picture, sound, text, or nothing known.
    """
    for offset, magic, what in _OTHERS:
        if head[offset : offset + len(magic)] == magic:
            raise UnreadableFile(f"{name} is {what}, not a video; give a video file.")
    for offset, magic, container in _CONTAINERS:
        if head[offset : offset + len(magic)] == magic:
            return container
    if _is_transport_stream(head):
        return "mpegts"
    if head.startswith((b"\0\0\0\1", b"\0\0\1")):
        return _raw_stream(head)
    if _is_text(head):
        raise UnreadableFile(f"{name} is text, not a video; playlists are not followed.")
    raise UnreadableFile(
        f"{name} is no video known here; expected MP4, MOV, MKV, WebM, AVI, MPEG-TS, GIF or such."
    )


def _is_transport_stream(head: bytes) -> bool:
    """Packets of 188 bytes that begin with 0x47; M2TS puts four bytes before each."""
    return any(
        len(head) > first + 2 * step and all(head[first + i * step] == 0x47 for i in range(3))
        for first, step in ((0, 188), (4, 192))
    )


def _raw_stream(head: bytes) -> str:
    """H.264 or HEVC without a container: which one, by the type of the first unit (Annex B)."""
    first = head[head.index(1) + 1] if head.index(1) + 1 < len(head) else 0
    return "hevc" if (first >> 1) & 0x3F in (32, 33, 34, 35, 39) else "h264"


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a letter cut in two by the end of the head
    return True
