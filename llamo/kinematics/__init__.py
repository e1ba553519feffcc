"""Kinematics: what geometry can say exactly, in numbers with units and uncertainty."""

from llamo.kinematics.measure import measure, unseen_parts
from llamo.kinematics.measurement import Measurement
from llamo.kinematics.repetitions import Repetitions, count_repetitions
from llamo.kinematics.summary import kinematic_text, relevant

__all__ = [
    "Measurement",
    "Repetitions",
    "count_repetitions",
    "kinematic_text",
    "measure",
    "relevant",
    "unseen_parts",
]
