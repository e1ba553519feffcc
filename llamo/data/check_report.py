"""What a check of data found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

GRAVITIES = ("error", "warning", "note")
"""Wrong for sure; likely wrong, or a trap; worth knowing."""

_SHOWN_EXAMPLES = 4


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Args:
        kind: ``fps units up facing sides motion duplicates splits golds labels spans counts``.
        gravity: One of ``GRAVITIES``.
        says: One sentence.
        count: Clips or questions that it concerns.
        of: Of how many.
        examples: Names of some.
    """

    kind: str
    gravity: str
    says: str
    count: int = 0
    of: int = 0
    examples: tuple[str, ...] = ()


@dataclass
class DataReport:
    """What one data set holds, and what is wrong with it.

    Args:
        name: Of the file or folder.
        form: How it was read: ``pack``, ``own``, ``humanml3d``, ``repcount`` ...
        clips, questions: How many were looked at.
        findings: Worst first.
    """

    name: str
    form: str
    clips: int = 0
    questions: int = 0
    findings: list[Finding] = field(default_factory=list)

    def sort(self) -> DataReport:
        """Worst first."""
        self.findings.sort(key=lambda one: GRAVITIES.index(one.gravity))
        return self

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For a terminal."""
        parts = [f"{self.clips} clips"] if self.clips else []
        parts += [f"{self.questions} questions"] if self.questions else []
        yield f"{self.name} ({self.form}): {', '.join(parts) or 'nothing to look at'}"
        for one in self.findings:
            share = f" [{one.count} of {one.of}]" if one.of else ""
            yield f"  {one.gravity:8}{one.kind:11}{one.says}{share}"
            if one.examples:
                yield f"{'':21}such as {', '.join(one.examples[:_SHOWN_EXAMPLES])}"
        if not self.findings:
            yield "  nothing found"


def concerning(
    kind: str,
    gravity: str,
    says: str,
    names: Sequence[str],
    of: int,
) -> list[Finding]:
    """One finding about these clips or questions; none without any."""
    shown = tuple(dict.fromkeys(names))[: 2 * _SHOWN_EXAMPLES]
    return [Finding(kind, gravity, says, len(names), of, shown)] if names else []
