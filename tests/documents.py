"""The code blocks of a Markdown page, in order, each with its language."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(`{3,}|~{3,})\s*([\w+-]*)(?:.*title=\"([^\"]+)\")?")
EXCUSE = re.compile(r"^<!--\s*not run:\s*(.+?)\s*-->$")
LIST_ITEM = re.compile(r"^\s*([-*+]|\d+\.)\s")

GUESSES = (
    ("bash", re.compile(r"^(llamo|pip|python3?|git|\.\w+/) ")),
    ("python", re.compile(r"^(from|import) \w")),
    ("json", re.compile(r"^\{")),
)
"""Languages of blocks that name none, by how they begin."""


@dataclass(frozen=True)
class Block:
    """A code block.

    Args:
        page: Where it stands.
        line: Its first line, from 1.
        language: As the page says, or as it looks; ``text`` for anything else.
        text: What stands in it.
        excuse: Why it is not run, None where it is.
        file: The file that it is, None where it is none.
    """

    page: str
    line: int
    language: str
    text: str
    excuse: str | None
    file: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Fenced and indented blocks; an excuse is the comment on the last line before a block."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    place, said = 0, ""
    while place < len(lines):
        line = lines[place]
        fence = FENCE.match(line)
        is_indented = line.startswith("    ") and line.strip() and not said_list(said)
        if fence or (is_indented and (not place or not lines[place - 1].strip())):
            start = place + 1 if fence else place
            end = start
            if fence:
                while end < len(lines) and not lines[end].startswith(fence[1]):
                    end += 1
                text = lines[start:end]
                end += 1
            else:
                while end < len(lines) and (lines[end].startswith("    ") or not lines[end]):
                    end += 1
                text = [one[4:] for one in lines[start:end]]
            body = "\n".join(text).rstrip() + "\n"
            excuse = EXCUSE.match(said)
            named, file = (fence[2], fence[3]) if fence else ("", None)
            language = named or guess(body)
            reason = excuse[1] if excuse else None
            found.append(Block(page.name, start + 1, language, body, reason, file))
            place, said = end, ""
            continue
        if line.strip():
            said = line
        place += 1
    return found


def said_list(line: str) -> bool:
    """Whether what follows a line, indented, belongs to an item of a list."""
    return bool(LIST_ITEM.match(line)) or line.startswith("  ")


def guess(text: str) -> str:
    """The language of a block that names none."""
    for language, looks in GUESSES:
        if looks.match(text):
            return language
    return "text"


def commands_of(text: str, verb: str = "llamo") -> list[list[str]]:
    """The words of each line that begins with the command, without the command itself."""
    joined = text.replace("\\\n", " ")
    return [
        shlex.split(line, comments=True)[1:]
        for line in joined.splitlines()
        if line.startswith(f"{verb} ")
    ]
