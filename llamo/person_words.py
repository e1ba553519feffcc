"""Words for the person that a small language model has never met, said as "person".

A model that is trained from scratch knows the people of its questions and no others: "the
participant" begins with its word "part", and is taken for one. Who it is does not change what is
asked.
"""

from __future__ import annotations

import re

_NOUNS = (
    "participant individual performer mover character player lady boy kid teenager youth "
    "adult senior pensioner resident member user demonstrator exerciser learner novice beginner "
    "model guest visitor customer tester proband respondent candidate worker employee nurse doctor "
    "soldier sportsperson competitor contestant opponent examinee toddler infant elder granny "
    "grandfather grandmother grandpa grandma mother father mum mom dad brother son daughter wife "
    "husband boyfriend girlfriend cousin uncle aunt niece nephew neighbour neighbor boss roommate "
    "flatmate classmate buddy pal chap bloke dude lad lass gal protagonist rehabilitant"
).split()

_PERSON = re.compile(
    rf"\b(an?|the|this|that|my|our|your|his|her|their)(\s+)(?:{'|'.join(_NOUNS)})\b(?!-)",
    re.IGNORECASE,
)


def say_person(question: str) -> str:
    """The question with such words as "person"; a word that tells a sport stays.

    ``What does the participant do?`` -> ``What does the person do?``; ``the tennis player`` stays.
    """
    return _PERSON.sub(_as_person, question)


def _as_person(found: re.Match[str]) -> str:
    article, space = found.group(1), found.group(2)
    article = article[:1] if article.lower() == "an" else article
    return f"{article}{space}{'PERSON' if found.group(0).isupper() else 'person'}"
