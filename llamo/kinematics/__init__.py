"""Kinematics: what geometry can say exactly, in numbers with units and uncertainty."""

from llamo.kinematics.compare import Comparison, compare_motions
from llamo.kinematics.exercise import Exercise, exercise_names, read_exercise
from llamo.kinematics.form_words import asks_form
from llamo.kinematics.measure import measure, unseen_parts
from llamo.kinematics.measured import Measured, measure_motion
from llamo.kinematics.measurement import FORM, Measurement
from llamo.kinematics.repeats import Count, find_repetitions
from llamo.kinematics.repetitions import Repetitions, count_repetitions
from llamo.kinematics.running import Moment, RunningCount
from llamo.kinematics.summary import kinematic_text, relevant

__all__ = [
    "FORM",
    "Comparison",
    "Count",
    "Exercise",
    "Measured",
    "Measurement",
    "Moment",
    "Repetitions",
    "RunningCount",
    "asks_form",
    "compare_motions",
    "count_repetitions",
    "exercise_names",
    "find_repetitions",
    "kinematic_text",
    "measure",
    "measure_motion",
    "read_exercise",
    "relevant",
    "unseen_parts",
]
