"""Text in pictures: it is broken to fit, wherever it comes from."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

_STAND_INS = str.maketrans({"–": "-", "—": "-", "²": "2", "“": '"', "”": '"', "‘": "'"})
"""What the font that Pillow carries cannot draw, and what is drawn for it."""


@lru_cache(maxsize=32)
def font(size: float) -> FreeTypeFont | ImageFont:
    """The font that Pillow carries: the same on every machine."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def width_of(text: str, size: float) -> float:
    """Pixels that a line takes."""
    return font(size).getlength(text)


def wrapped(text: str, size: float, width: float, most: int | None = None) -> list[str]:
    """Lines of at most ``width`` pixels; words that are longer are broken.

    Args:
        text: Anything.
        size: Of the letters, pixels.
        width: Of the place, pixels.
        most: Most lines; what does not fit is left out, and three dots say so.
    """
    lines = [""]
    for word in _plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) <= width:
            lines[-1] = longer
            continue
        *whole, rest = _broken(word, size, width)
        lines = [*filter(None, lines), *whole, rest]
    if most is None or len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(f"{last} ...", size) > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last} ..."]


def write(
    draw: ImageDraw, at: tuple[float, float], lines: list[str], size: float, ink: tuple[int, ...]
) -> float:
    """Write lines below each other from the top left; gives the y below them."""
    x, y = at
    for line in lines:
        draw.text((x, y), line, font=font(size), fill=ink)
        y += line_height(size)
    return y


def line_height(size: float) -> int:
    """Pixels from line to line."""
    return round(1.3 * size)


def _broken(word: str, size: float, width: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _plain(text: str) -> str:
    """Letters without the marks that the font lacks."""
    apart = unicodedata.normalize("NFKD", text.translate(_STAND_INS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
