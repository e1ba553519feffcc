"""Labelled clips: the motion packs with their labels in the words of questions and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llamo.data.sides import LIMB_OF_ACTION, TWO_HANDED, active_side
from llamo.errors import InvalidData
from llamo.formats.packs import PACK_FPS, read_pack
from llamo.motion import Motion

PACKS = ("utd_mhad", "msr_action3d", "hdm05", "ui_prmd", "bandai", "coachme", "cmu")

HELD_OUT: dict[str, frozenset[int | str]] = {
    "ui_prmd": frozenset({6, 7}),
    "utd_mhad": frozenset({7}),
    "msr_action3d": frozenset({9}),
    "hdm05": frozenset({"dg"}),
    "bandai": frozenset({"exhausted", "sad"}),
}
"""People (for Bandai: whole styles) that validation asks about and training never sees."""

_OWN_PHRASES = {
    "bandai": {"kick": "kick", "punch": "punch", "slash": "slash", "dance-short": "dance"},
    "coachme": {"Jab": "punch", "Cross": "punch"},
}
"""Where labels.json chooses no phrase but the raw label settles the action."""

_NAMED_SIDE = (
    (re.compile(r"\btwo (hand|arm)|\bboth\b|Both", re.ASCII), "both"),
    (re.compile(r"\bright[ -](hand|arm|foot|leg)\b"), "right"),
    (re.compile(r"\bleft[ -](hand|arm|foot|leg)\b"), "left"),
    (re.compile(r"[a-z]R$"), "right"),
    (re.compile(r"^kickL"), "left"),
    (re.compile(r"^kickR"), "right"),
)


@dataclass(frozen=True)
class LabelledClip:
    """One clip of a pack.

    Args:
        pack, index, name: Where the clip comes from.
        person: Who moves: subject number, actor, or (Bandai) the style.
        motion: SMPL-22, 20 fps.
        label: The pack's own label.
        action: Infinitive phrase (``take/pick something up``), None where unsettled.
        exercise: Name of the physiotherapy exercise.
        direction: ``forward``, ``backwards``, ``left`` or ``right``.
        body_part: Like ``right hand``.
        side: ``left``, ``right``, ``both`` or None.
        side_named: The label says the side; otherwise geometry does.
        correct: Exercise done as asked, None where nobody judged.
        style: Manner of moving (Bandai).
    """

    pack: str
    index: int
    name: str
    person: int | str
    motion: Motion
    label: str
    action: str | None = None
    exercise: str | None = None
    direction: str | None = None
    body_part: str | None = None
    side: str | None = None
    side_named: bool = False
    correct: bool | None = None
    style: str | None = None

    @property
    def says(self) -> str | None:
        """What the person does, in the words of an answer: the action, else the exercise."""
        return self.action or self.exercise

    @property
    def limb(self) -> str | None:
        """``hand`` or ``leg``: what the side is about."""
        return LIMB_OF_ACTION.get(self.says or "")


def load_clips(data_dir: str | Path, packs: Iterable[str] | None = None) -> list[LabelledClip]:
    """Read packs with their labels.

    Args:
        data_dir: Folder that holds ``labels.json`` and ``motion/``.
        packs: Names out of ``PACKS``; None reads all.

    Raises:
        InvalidData: The label file is missing, or a pack is unknown.
        UnreadableFile: A pack is missing or damaged.
    """
    root = Path(data_dir)
    try:
        phrases = json.loads((root / "labels.json").read_text())["labels"]
    except (OSError, ValueError, KeyError) as error:
        raise InvalidData(
            f"{root / 'labels.json'} cannot be read ({error}); --data must name the folder that "
            "holds labels.json and motion/."
        ) from None
    clips: list[LabelledClip] = []
    for pack in PACKS if packs is None else packs:
        if pack not in PACKS:
            raise InvalidData(f"pack {pack!r} is not known; expected some of {', '.join(PACKS)}.")
        clips += _load_pack(root / "motion", pack, phrases.get(pack, {}))
    return clips


def _load_pack(folder: Path, pack: str, phrases: dict[str, dict]) -> list[LabelledClip]:
    return [
        _label(pack, row, Motion(joints, PACK_FPS), phrases)
        for row, joints in read_pack(folder / pack)
    ]


def _label(pack: str, row: dict, motion: Motion, phrases: dict[str, dict]) -> LabelledClip:
    label = next(
        (row[key] for key in ("movement", "label", "action", "motion_type") if row.get(key)), ""
    )
    words = phrases.get(label, {})
    action = words.get("action") or _OWN_PHRASES.get(pack, {}).get(label)
    exercise = row.get("movement")
    says = action or exercise or ""
    limb = LIMB_OF_ACTION.get(says)
    named = next((side for pattern, side in _NAMED_SIDE if pattern.search(label)), None)
    if named and limb is None:
        named = "both" if says in TWO_HANDED else None
    side = named or ("both" if says in TWO_HANDED else None)
    if side is None and limb:
        side = active_side(motion.joints, limb)
    body_part = words.get("body_part")
    if body_part is None and side in ("left", "right") and limb:
        body_part = f"{side} {limb}"
    return LabelledClip(
        pack=pack,
        index=int(row["index"]),
        name=str(row.get("name") or row.get("video_name") or row["index"]),
        person=row.get("subject") or row.get("actor") or row.get("style") or _cmu_person(row),
        motion=motion,
        label=label,
        action=action,
        exercise=exercise,
        direction=words.get("direction"),
        body_part=body_part,
        side=side,
        side_named=side is not None and (named is not None or says in TWO_HANDED),
        correct=row.get("correct"),
        style=row.get("style"),
    )


def _cmu_person(row: dict) -> str:
    return str(row.get("name") or row.get("video_name") or "").split("_")[0]


def swap_sides(text: str | None) -> str | None:
    """``left`` and ``right`` change places in a text, in any case; other words stay."""
    if text is None:
        return None
    return re.sub(r"\b(left|right)\b", _other_side, text, flags=re.IGNORECASE)


def _other_side(match: re.Match[str]) -> str:
    word = match[0]
    other = "right" if word.lower() == "left" else "left"
    return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other


def mirror_clip(clip: LabelledClip) -> LabelledClip:
    """The clip in a mirror, its words too; mirroring twice gives the clip back."""
    return replace(
        clip,
        motion=clip.motion.mirror(),
        label=swap_sides(clip.label) or "",
        direction=swap_sides(clip.direction),
        body_part=swap_sides(clip.body_part),
        side=swap_sides(clip.side),
    )


def split(clips: Sequence[LabelledClip]) -> tuple[list[LabelledClip], list[LabelledClip]]:
    """Clips to train on, and clips of the people of ``HELD_OUT``."""
    train: list[LabelledClip] = []
    held: list[LabelledClip] = []
    for clip in clips:
        (held if clip.person in HELD_OUT.get(clip.pack, ()) else train).append(clip)
    return train, held
