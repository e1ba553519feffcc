"""The page for the athlete: it stands alone, escapes what it is told, and invents no number."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from closed_form import squatting
from tiny import waving_motion

