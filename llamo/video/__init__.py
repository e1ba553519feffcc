"""Reading video: frames with their times, from files that nobody vouches for.

``read_video`` checks a file before a decoder sees it, decodes it in a process of its own with a
deadline and a bound on memory, and gives a ``Video`` or one line saying why not.
"""

from __future__ import annotations

from llamo.video.reading import read_video
from llamo.video.values import Video, VideoLimits

__all__ = ["Video", "VideoLimits", "read_video"]
