"""Who is here: each visitor's clips and folder, kept apart and taken away when they leave."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.serve.limits import Limits, Rate, TooMuch

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.serve.filmstrip import Filmstrip
    from llamo.session import Session

_log = logging.getLogger("llamo.serve")


@dataclass(eq=False)
class OpenClip:
    """A clip that a visitor opened.

    Args:
        name: What the visitor calls it; never a path, and escaped wherever it is shown.
        session: The clip, opened by the assistant.
        strip: Its small pictures.
        footage: A copy of the video that a browser plays, None for a motion.
        folder: Holds its files, None where there are none.
        upload: Where the server keeps what the browser sent.
        turns: Questions that were asked, each with its answer, the oldest first.
    """

    name: str
    session: Session
    strip: Filmstrip
    footage: Path | None = None
    folder: Path | None = None
    upload: Path | None = None
    turns: list[tuple[str, Answer]] = field(default_factory=list)


class Visitor:
    """One browser tab, or one program that uses the endpoints.

    Args:
        folder: Only this visitor's; its name cannot be guessed.
        limits: What the visitor may take.
        clock: Seconds that only rise.
    """

    def __init__(
        self, folder: Path, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder = folder
        self.clip: OpenClip | None = None
        self.other: OpenClip | None = None
        self.made: list[Path] = []
        self.making = threading.Lock()
        self.questions = Rate(limits.questions_per_minute, "questions", clock)
        self.openings = Rate(limits.clips_per_minute, "clips, reports and pictures", clock)
        self.measurings = Rate(limits.measurings_per_minute, "measurements", clock)
        self.uploads: set[Path] = set()
        self.gone = False
        self.seen_s = clock()
        self.left_s: float | None = None

    def new_folder(self) -> Path:
        """A new folder for one clip.

        Raises:
            TooMuch: The visitor has left meanwhile.
        """
        if self.gone:
            raise TooMuch("this visit has ended; load the page again.")
        folder = self.folder / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder


class Visitors:
    """Everybody who is here.

    Args:
        root: Folder for the visitors' folders.
        limits: How many, and how long.
        clock: Seconds that only rise.
    """

    def __init__(
        self, root: Path, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root, self._limits, self._clock = root, limits, clock
        self._here: dict[str, Visitor] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._here)

    def visitor(self, key: str) -> Visitor:
        """The visitor of a session, who is new or comes back.

        Raises:
            TooMuch: The house is full.
        """
        with self._lock:
            return self._visitor(key)

    def _visitor(self, key: str) -> Visitor:
        visitor = self._here.get(key)
        if visitor is None:
            if len(self._here) >= self._limits.visitors:
                raise TooMuch(
                    f"{len(self._here)} people are using this demo, as many as it takes; "
                    "try again in a few minutes."
                )
            folder = self._root / secrets.token_hex(16)
            visitor = self._here[key] = Visitor(folder, self._limits, self._clock)
        visitor.seen_s, visitor.left_s = self._clock(), None
        return visitor

    def find(self, key: str, touch: bool = True) -> Visitor | None:
        """The visitor of a session, None for somebody who has opened nothing.

        Args:
            key: The session.
            touch: The visitor is doing something now, so has not left; False for work that goes
                on by itself.
        """
        with self._lock:
            visitor = self._here.get(key)
            if visitor is not None and touch:
                visitor.seen_s, visitor.left_s = self._clock(), None
            return visitor

    def sends(self, key: str, upload: Path) -> Visitor:
        """The visitor of a session, whose upload goes at the latest with the visit.

        Raises:
            TooMuch: The house is full; the upload is deleted.
        """
        with self._lock:
            try:
                visitor = self._visitor(key)
            except TooMuch:
                self._remove_unless_kept(upload)
                raise
            visitor.uploads.add(upload)
            return visitor

    def forget_upload(self, visitor: Visitor, upload: Path) -> None:
        """Take away what a visitor sent, unless an open clip or another visitor needs it."""
        with self._lock:
            # The same content, sent again, lies at the same path.
            if all(one is None or one.upload != upload for one in (visitor.clip, visitor.other)):
                visitor.uploads.discard(upload)
            self._remove_unless_kept(upload)

    def refuse_upload(self, upload: Path) -> None:
        """Take away what was sent and will not be opened, unless a visitor sent the same."""
        with self._lock:
            self._remove_unless_kept(upload)

    def _remove_unless_kept(self, upload: Path) -> None:
        if not any(upload in one.uploads for one in self._here.values()):
            remove_upload(upload)

    def leaves(self, key: str) -> None:
        """A session's connection has ended; ``sweep`` ends the visit if it stays so."""
        with self._lock:
            if key in self._here:
                self._here[key].left_s = self._clock()

    def sweep(self) -> None:
        """End the visits of those who have left, or sleep."""
        now = self._clock()
        with self._lock:
            over = [
                key
                for key, one in self._here.items()
                if now - one.seen_s > self._limits.idle_s
                or (one.left_s is not None and now - one.left_s >= self._limits.linger_s)
            ]
        for key in over:
            self.end(key)

    def end(self, key: str) -> None:
        """End a visit: nothing of it is left in memory or on disk."""
        with self._lock:
            visitor = self._here.pop(key, None)
            if visitor is None:
                return
            visitor.gone = True
            visitor.clip = visitor.other = None
            for upload in visitor.uploads:
                self._remove_unless_kept(upload)
        shutil.rmtree(visitor.folder, ignore_errors=True)

    def end_all(self) -> None:
        """The server stops."""
        for key in list(self._here):
            self.end(key)


def remove_upload(path: Path) -> None:
    """Take away a file that a browser sent, and the folder made for it."""
    try:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
    except OSError as error:  # another file of the same content, sent at this moment
        _log.debug("%s stays: %s", path, error)


class Sweeper(threading.Thread):
    """Ends visits in the background, every few seconds.

    Args:
        visitors: Whose.
        every_s: Seconds between two looks.
    """

    def __init__(self, visitors: Visitors, every_s: float = 2.0) -> None:
        super().__init__(name="llamo-sweeper", daemon=True)
        self._visitors, self._every_s = visitors, every_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        while not self._stopped.wait(self._every_s):
            try:
                self._visitors.sweep()
            except Exception:  # the next look may do better
                _log.exception("could not end a visit")

    def stop(self) -> None:
        """Stop, and wait for it."""
        self._stopped.set()
        self.join(timeout=10)
