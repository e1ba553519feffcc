"""Technique: whether a known exercise was done correctly, and what differs by how many degrees."""

from llamo.technique.fault import Fault
from llamo.technique.judge import judge_technique
from llamo.technique.reading import FORM, heard_wrong, read_form
from llamo.technique.reference import named_exercise, reference_names
from llamo.technique.verdict import JudgedRepetition, Technique

__all__ = [
    "FORM",
    "Fault",
    "JudgedRepetition",
    "Technique",
    "heard_wrong",
    "judge_technique",
    "named_exercise",
    "read_form",
    "reference_names",
]
