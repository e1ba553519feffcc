"""The errors a user can meet. Each message says what was expected, what came, and what to do."""

from __future__ import annotations


class LlamoError(Exception):
    """Base of every error that is the input's fault, not ours; the CLI prints it as one line."""


class InvalidMotion(LlamoError):
    """Joints, confidence, rotations or times that cannot be a human motion."""


class InvalidVideo(LlamoError):
    """Frames and times that cannot be a video, or a part or limit that cannot be asked for."""


class NothingToEstimate(LlamoError):
    """A video that shows no person, no whole person, or no movement at all."""


class UnreadableFile(LlamoError):
    """A file that is missing, truncated, too large, or not what its name says."""


class MissingInformation(LlamoError):
    """Something the file does not tell and that is never guessed: frame rate, unit, up-axis."""


class InvalidQuestion(LlamoError):
    """An empty or oversized question."""


class ModelError(LlamoError):
    """A checkpoint that is missing, incomplete, or does not fit the code."""


class MissingDependency(LlamoError):
    """An optional package is needed for what was asked; the message names the extra."""


class InvalidData(LlamoError):
    """A data set, recipe or question file that does not follow its format."""


class JudgeError(LlamoError):
    """A judge that cannot be loaded or reached, or does not speak the API."""
