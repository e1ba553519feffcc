"""``llamo estimate``: a video's motion as a file, with an overlay that people can check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from llamo.encoders.estimator import Estimate, estimator_named
from llamo.errors import UnreadableFile
from llamo.formats import write_motion
from llamo.places import check_place
from llamo.report.overlay import write_overlay
from llamo.video import Video, read_video


def estimate_file(
    source: Path,
    target: Path,
    overlay: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
    person: int | None = None,
    estimator: str | None = None,
    device: str | None = None,
) -> dict[str, Any]:
    """Estimate the motion in a video and write it; nothing half written is left.

    Args:
        source: The video.
        target: Motion to write, ``.npz`` or ``.bvh``.
        overlay: Video to write, ``.mp4``.
        progress: Told (frames done, frames in all).
        person: Whom to follow of several people, from 1, counted from the left.
        estimator: By name or file; None takes the one that ships.
        device: Where an estimator runs that is a network of torch; found by default.

    Returns:
        What was written, and what is known about it.

    Raises:
        LlamoError: The video cannot be read, shows no whole person, or there is no writing.
    """
    _check_places(source, target, overlay)
    if estimator is not None:
        from llamo.loading import choose_device  # loads torch, which MediaPipe does without

        device = str(choose_device(device))
    with estimator_named(estimator, person, device or "cpu") as pose:  # loads while it is decoded
        video = read_video(source)
        estimate = pose.estimate(video, progress)
    beside = target.with_name(f"{target.stem}.part{target.suffix}")
    try:
        write_motion(estimate.motion, beside)
        if overlay is not None:
            write_overlay(overlay, video, estimate, progress)
        beside.replace(target)
    except OSError as error:
        raise UnreadableFile(f"cannot write {target}: {error.strerror or error}.") from None
    finally:
        beside.unlink(missing_ok=True)
    return _facts(source, target, overlay, video, estimate)


def _check_places(source: Path, target: Path, overlay: Path | None) -> None:
    """Refuse before the work what would fail after it."""
    wanted: list[tuple[Path, tuple[str, ...]]] = [(target, (".npz", ".bvh"))]
    if overlay is not None:
        wanted.append((overlay, (".mp4",)))
    for place, endings in wanted:
        check_place(place, endings)
    if overlay is not None and overlay.absolute() == source.absolute():
        raise UnreadableFile(f"the overlay would replace {source.name!r}; give another name.")


def _facts(
    source: Path, target: Path, overlay: Path | None, video: Video, estimate: Estimate
) -> dict[str, Any]:
    seen = estimate.landmarks.found
    facts: dict[str, Any] = {
        "video": str(source),
        "motion": str(target),
        "frames": len(estimate.motion),
        "fps": round(estimate.motion.fps, 3),
        "seconds": round(estimate.motion.duration_s, 3),
        "person_seen": round(float(seen.mean()), 3),
        "sides_sure": round(float(estimate.sides_sure[seen].mean()), 3),
        "notes": list(estimate.notes),
    }
    if overlay is not None:
        facts["overlay"] = str(overlay)
    return facts
