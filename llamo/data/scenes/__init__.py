"""Filmed scenes of our own making: motions as people with clothes and things, before a camera.

``stage`` puts motions into a scene by lot, ``film`` gives its frames, ``facts_of`` what is true of
it. They are what the video encoder is trained and tested on, as no video data may be.
"""

from __future__ import annotations

from llamo.data.scenes.facts import Facts, facts_of, mirror_facts
from llamo.data.scenes.film import boxes_of, film
from llamo.data.scenes.stage import Staged, StagedPerson, mirror_scene, stage

__all__ = [
    "Facts", "Staged", "StagedPerson", "boxes_of", "facts_of", "film", "mirror_facts",
    "mirror_scene", "stage",
]  # fmt: skip
