"""Colours of pictures: red-green blind people tell orange from blue, and so does a grey print."""

from __future__ import annotations

LEFT, RIGHT, MIDDLE = (255, 150, 30), (40, 130, 255), (235, 235, 235)
"""The person's own left is orange, the right blue; RGB, on a film."""

INK, FAINT, PAPER = (25, 28, 36), (110, 116, 128), (255, 255, 255)
"""Text, lesser text, and what they stand on."""

CHOSEN, SCORE, RULE = (200, 30, 90), (150, 160, 176), (222, 226, 232)
"""A viewpoint, the score of any frame, and lines of a grid."""
