"""Technique: whether a known exercise was done correctly, and what differs by how many degrees."""

from llamo.technique.fault import Fault
from llamo.technique.judge import JudgedRepetition, Technique, judge_technique
from llamo.technique.reference import named_exercise, reference_names

__all__ = [
    "Fault",
    "JudgedRepetition",
    "Technique",
    "judge_technique",
    "named_exercise",
    "reference_names",
]
