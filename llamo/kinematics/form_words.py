"""Whether a question asks how well something is done."""

from __future__ import annotations

import re

_LIMBS = "hand|arm|leg|foot|elbow|knee|hip|shoulder|wrist|ankle|fist|side"
_EXPERTS = r"coach\w*|physio\w*|therapists?|trainers?|instructors?"

_ASIDE = re.compile(
    r",\s*(?:right|correct)\s*(?:\?|\W*$)"  # he waves, right?
    r"|\bis it (?:right|correct|true|so) that\b"
    rf"|\bright (?:{_LIMBS}|or|before|after|at|on|away|now|then)s?\b"
    r"|\b(?:or|to|on|from|with|his|her|their|its|your|my|and) right\b"
    r"|\bthe right\b(?! (?:way|posture|form|technique|execution|manner))"
    r"|\b(?:turn|step|lean|walk|mov|go|fac|head|travel|rotat|run|point|slid)\w* right\b"
    r"|\bgood (?:morning|day|evening|afternoon|mood)\b|\bas well\b"
    r"|\bgood (?:caption|description|summary|title)\b"
)
"""Where these words mean something else: a side, a moment, a greeting, "is that so?"."""

_FORM = re.compile(
    r"\b(?:(?:in)?correct\w*|(?:im)?proper\w*|wrong\w*|right(?:ly)?|form|technique|mistakes?|slips?"
    r"|well|good|bad|badly|poor\w*|quality|errors?|faults?|faulty|faultless\w*|flaw\w*|defects?"
    r"|problems?|amiss|improve\w*|fix\w*|advice|safe\w*|deviat\w*|clean\w*|valid|accept\w*|approv\w*"
    r"|fine|ok|okay|sound|prescribed|intended|instructions?|critici[sz]e\w*"
    r"|as (?:it )?(?:should|asked|meant)|should (?:be|look)|needs? work|meets? the standard"
    r"|(?:is|be|was|are|were|something|anything|form|posture|execution|technique|looks?) off"
    r"|(?:is|be|was|are|were|everything|exercise|execution|performance|posture|form) in order"
    r"|(?:is|was|be) the (?:\S+ ){1,4}(?:off|in order)"
    rf"|(?:would|should|could|will|can) (?:a |an |the |my |your |any )?(?:{_EXPERTS})"
    r"(?! (?:call|name)))\b"
)


def asks_form(question: str) -> bool:
    """Whether a question asks how well something is done.

    ``Are there any mistakes?``, ``Does she get it right?``; not ``Which hand, left or right?``, nor
    ``She waves, right?``.
    """
    words = " ".join(question[:2000].lower().split())
    return _FORM.search(_ASIDE.sub(" ", words)) is not None
