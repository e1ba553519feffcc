"""The three shapes of a query: direct, embedded, nominal.

Patterns are written in the grammar of ``grammar.py``; a pattern after ``~`` is held out whole. A
query asks directly ("what does he do"), within a sentence ("tell me what he does") or by a noun
("name the action"), so that every temporal clause goes with every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Query:
    """One thing to ask, in three shapes; a leading ``~`` holds a pattern out."""

    direct: tuple[str, ...]
    embedded: tuple[str, ...] = ()
    nominal: tuple[str, ...] = ()

    @cached_property
    def shapes(self) -> dict[bool, tuple[tuple[str, tuple[tuple[int, str], ...]], ...]]:
        """held out? -> ((shape, ((number, pattern), ...)), ...); empty shapes left out."""
        table = {}
        for held in (False, True):
            rows = []
            for shape in ("direct", "embedded", "nominal"):
                patterns = tuple(
                    (number, pattern.lstrip("~"))
                    for number, pattern in enumerate(getattr(self, shape))
                    if pattern.startswith("~") == held
                )
                if patterns:
                    rows.append((shape, patterns))
            table[held] = tuple(rows)
        return table
