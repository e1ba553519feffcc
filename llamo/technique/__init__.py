"""Technique: whether a known exercise was done correctly, and what differs by how many degrees."""

from llamo.technique.fault import Fault
from llamo.technique.judge import judge_technique
from llamo.technique.reading import FormReader, heard_wrong
from llamo.technique.reference import named_exercise, reference_names
from llamo.technique.verdict import JudgedRepetition, Technique

__all__ = [
    "Fault",
    "FormReader",
    "JudgedRepetition",
    "Technique",
    "heard_wrong",
    "judge_technique",
    "named_exercise",
    "reference_names",
]
