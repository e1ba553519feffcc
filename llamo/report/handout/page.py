"""Lays a report out as HTML: all text is escaped, nothing is fetched, nothing runs."""

from __future__ import annotations

import datetime
import importlib.util
import secrets
from pathlib import Path
from typing import Any

from llamo.errors import MissingDependency, UnreadableFile
from llamo.kinematics import Measurement
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.measurement import names_side
from llamo.kinematics.signals import Signal
from llamo.kinematics.technique import Finding
from llamo.places import check_place
from llamo.report.handout import plots, wording
from llamo.report.handout.content import Content
from llamo.report.handout.pictures import Album, clearest, key_moments, looked_at
from llamo.report.scene import scene_of

_ENDINGS = (".html", ".htm")
_NEEDED = ("jinja2", "PIL")
_MARK = b'<meta name="generator" content="llamo report">'
_MARK_WITHIN = 4096

MOST_COURSES = 4
"""Courses that are drawn over time."""

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Time and repetitions", ("duration", "repetitions", "repetition_time", "out_time",
                              "back_time", "tempo", "spectral_arc_length")),
    ("Jump and steps", ("jump_height", "flight_time", "stride_time", "stride_length", "cadence",
                        "left_step_length", "right_step_length", "left_stance_share",
                        "right_stance_share")),
    ("Speed", ("left_wrist_fastest", "right_wrist_fastest", "hands_fastest",
               "left_ankle_fastest", "right_ankle_fastest", "centre_of_mass_fastest",
               "travel_speed")),
    ("Balance and way", ("sway_left", "sway_forward", "sway_pace", "forward_travel",
                         "left_travel", "turn_left", "pelvis_drop", "pelvis_rise")),
)  # fmt: skip
"""Numbers that are told beside the angles, by what they are about."""

_COUNTED = ("repetitions", "repetition_time", "out_time", "back_time", "tempo",
            "spectral_arc_length")  # fmt: skip


def check_report(path: Path) -> None:
    """Refuse before the work what would fail after it, or would destroy another file.

    Raises:
        UnreadableFile: Another ending, a place that cannot be written to, or that holds anything
            but an earlier report.
        MissingDependency: A package of the extra ``view`` is not installed.
    """
    check_place(path, _ENDINGS)
    if path.exists() and not _is_report(path):
        raise UnreadableFile(f"{path} exists and is no report of llamo's; give another name.")
    if any(importlib.util.find_spec(package) is None for package in _NEEDED):
        raise MissingDependency(
            "writing a report needs a package that is not installed; "
            "install it: pip install 'llamo[view]'."
        )


def write_report(path: Path, content: Content) -> None:
    """Write the page; nothing half written is left.

    Raises:
        UnreadableFile, MissingDependency: As of ``check_report``, or the clip's video cannot be
            read again.
        InvalidMotion: A joint set without the limbs of a figure.
    """
    check_report(path)
    text = render(content)
    # A name of its own: two reports may be written to one place at once.
    beside = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {error.strerror or error}.") from None
    finally:
        beside.unlink(missing_ok=True)


def render(content: Content) -> str:
    """The page as text."""
    import jinja2

    folder = Path(__file__).resolve().parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,  # names of clips and questions come from anywhere
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        words=wording.name_in_words, quantity=wording.quantity, seconds=wording.seconds,
        good_range=wording.good_range, span=wording.span_in_words,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(**_values(content))


def _values(content: Content) -> dict[str, Any]:
    album = Album(scene_of(content.motion, content.footage))
    duration_s = content.motion.duration_s
    return {
        "content": content,
        "style": Path(__file__).resolve().with_name("page.css").read_text(encoding="utf-8"),
        "made_on": datetime.date.today().strftime("%d %B %Y").lstrip("0"),
        "verdicts": wording.VERDICTS,
        "moments": key_moments(content, album),
        "ticks": plots.time_ticks(duration_s),
        "spans": _spans(content),
        "acts": _acts(content),
        "work_on": [(one, _shown_at(one, album)) for one in content.to_work_on],
        "gauges": {one.measurement.name: plots.gauge(one) for one in content.findings},
        "courses": _courses(content),
        "events": _events(content),
        "answers": [
            (one, looked_at(one, album), plots.score_strip(one.scores, duration_s),
             plots.places_of(one.viewpoints, duration_s))
            for one in content.answers
        ],
        "angles": _angles(content),
        "groups": _groups(content),
        "notes": content.notes(),
    }  # fmt: skip


def _spans(content: Content) -> list[dict[str, float]]:
    whole = max(content.motion.duration_s, 1e-9)
    return [
        {"left": 100 * start / whole, "width": 100 * (end - start) / whole,
         "turn": 100 * turn / whole}
        for start, turn, end in content.spans
    ]  # fmt: skip


def _acts(content: Content) -> list[dict[str, Any]]:
    whole = max(content.motion.duration_s, 1e-9)
    counted = content.exercise is None  # an exercise counts its own performances
    return [
        {"left": 100 * one.span.start_s / whole, "text": one.text_of(counted),
         "width": 100 * (one.span.end_s - one.span.start_s) / whole,
         "start_s": one.span.start_s, "end_s": one.span.end_s}
        for one in content.happenings
    ]  # fmt: skip


def _shown_at(finding: Finding, album: Album) -> Any:
    low, high = finding.good
    end = low if finding.verdict == "low" else high
    moments = [(one.value, (one.start_s + one.end_s) / 2) for one in finding.each]
    return clearest(moments, end or 0.0, album) if moments else None


def _events(content: Content) -> list[tuple[float, str]]:
    """Of the first performance: per cent from the left, and its name."""
    performed = () if content.judged is None else content.judged.performances
    if not performed:
        return []
    whole = max(content.motion.duration_s, 1e-9)
    return [(100 * time_s / whole, name.replace("_", " "))
            for name, time_s in performed[0].events_s.items()]  # fmt: skip


def _courses(content: Content) -> list[tuple[str, plots.Plot]]:
    """What to draw over time: what the exercise asks for, or what moves most."""
    found = []
    for name in _wanted_courses(content):
        if not content.sides_told and names_side(name):
            continue
        sides = [(words, side, content.signals.find(f"{side}_{name}"))
                 for side, words in zip(("left", "right"), content.sides, strict=True)]  # fmt: skip
        known: list[tuple[str, str, Signal]] = [(words, style, one) for words, style, one in sides
                                                if one is not None]  # fmt: skip
        if not known and (alone := content.signals.find(name)) is not None:
            known = [(wording.name_in_words(name), "middle", alone)]
        if known:
            plot = plots.course_plot(known, content.motion.duration_s)
            found.append((wording.name_in_words(name), plot))
    return found[:MOST_COURSES]


def _wanted_courses(content: Content) -> list[str]:
    exercise = content.exercise
    if exercise is not None and content.judged is not None and content.judged.performances:
        asked = [exercise.signal, *(one.of for one in exercise.takes)]
        names = [_without_side(name) for name in asked if name]
    else:
        ranges = {one.name.removesuffix("_range"): one.value
                  for one in content.everything.measurements
                  if one.name.endswith("_range") and one.unit == "deg"}  # fmt: skip
        busiest = sorted(ranges, key=lambda name: -ranges[name])
        told = [name for name in busiest if name.partition("_")[2] in PAIRED_ANGLES]
        names = [_without_side(name) for name in (content.count.signal, *told) if name]
    return list(dict.fromkeys(names))


def _without_side(name: str) -> str:
    name = name.removeprefix("left_minus_right_")
    side, _, rest = name.partition("_")
    return rest if side in ("left", "right", "acting", "other", "lead", "trail") else name


def _angles(content: Content) -> list[dict[str, Any]]:
    """Each angle of the body with the least and most that each side reaches."""
    by_name = {one.name: one for one in content.everything.measurements}
    bare = dict.fromkeys(
        name.removesuffix("_most").removeprefix("left_").removeprefix("right_")
        for name in by_name
        if name.endswith("_most") and by_name[name].unit == "deg"
    )
    rows = []
    for name in bare:
        if not content.sides_told and names_side(name):
            continue  # a lean or turn to the left
        sides = {}
        for side in ("left", "right", ""):
            full = f"{side}_{name}" if side else name
            least, most = by_name.get(f"{full}_least"), by_name.get(f"{full}_most")
            if least is not None and most is not None:
                sides[side] = (least, most)
        if sides:
            rows.append({"name": name, "sides": sides, "bars": _bars(sides),
                         "difference": by_name.get(f"{name}_left_minus_right")
                         if content.sides_told else None})  # fmt: skip
    return rows


def _bars(sides: dict[str, tuple[Measurement, Measurement]]) -> list[tuple[str, float, float]]:
    """Style, start and width of each side's bar, per cent of -30 to 150 degrees or beyond."""
    ends = [one.value for pair in sides.values() for one in pair]
    low, high = min(-30.0, *ends), max(150.0, *ends)
    return [
        (side or "middle", 100 * (least.value - low) / (high - low),
         max(100 * (most.value - least.value) / (high - low), 1.0))
        for side, (least, most) in sides.items()
    ]  # fmt: skip


def _groups(content: Content) -> list[tuple[str, list[Measurement]]]:
    everything = content.everything if content.sides_told else content.everything.without_sides()
    by_name = {one.name: one for one in everything.measurements}
    if content.judged is not None and content.judged.performances:
        # The exercise counts and times its own performances; a second count would only confuse.
        by_name = {name: one for name, one in by_name.items() if name not in _COUNTED}
    groups = [(title, [by_name[name] for name in names if name in by_name])
              for title, names in _GROUPS]  # fmt: skip
    return [(title, rows) for title, rows in groups if rows]


def _is_report(path: Path) -> bool:
    """Whether a file is an earlier report, or empty."""
    try:
        with path.open("rb") as file:
            head = file.read(_MARK_WITHIN)
    except OSError:
        return False
    return not head or _MARK in head
