"""Verbs to the infinitive, by an irregular table and a small set of spelling rules.

No part of speech is looked up: a plural noun loses its ``s`` as a verb would. Both sides of every
comparison go through the same rules, so this merges ``hand`` with ``hands`` and harms nothing else.
"""

from __future__ import annotations

import re
from functools import lru_cache

# "left" is a side here, never the past of "leave"; "saw", "felt", "ground", "wound" stay, too.
_IRREGULAR_FORMS = """
be: am is are was were been being
become: became
begin: began begun beginning
bend: bent
blow: blew blown
break: broke broken
bring: brought
build: built
buy: bought
catch: caught
choose: chose chosen choosing
come: came
creep: crept
die: died dying dies
dig: dug
do: does did done
draw: drew drawn
drink: drank drunk
drive: drove driven
eat: ate eaten
fall: fell fallen
feed: fed
fight: fought
fly: flew flown
forget: forgot forgotten forgetting
freeze: froze frozen
get: got gotten
give: gave given
go: goes went gone
hang: hung
have: has had having
hear: heard
hide: hid hidden
hold: held
keep: kept
kneel: knelt
know: knew known
lay: laid
lead: led
lean: leant
leap: leapt
lie: lying lain lies
light: lit
lose: lost losing
make: made
meet: met
pay: paid
ride: rode ridden
ring: rang rung
rise: rose risen
run: ran
say: said
see: seen
seek: sought
sell: sold
send: sent
shake: shook shaken
shoe: shoeing
shoot: shot
show: shown
sing: sang sung
sink: sank sunk
sit: sat
ski: skied
sleep: slept
slide: slid
speak: spoke spoken
spin: spun
spring: sprang sprung
stand: stood
steal: stole stolen
stick: stuck
stride: strode stridden
strike: struck stricken
sweep: swept
swim: swam swum
swing: swung
take: took taken
teach: taught
tell: told
think: thought
throw: threw thrown
tie: tying tied ties
tread: trod trodden
understand: understood
wake: woke woken
wear: wore worn
win: won
write: wrote written writing
free: freed
agree: agreed agreeing
"""

IRREGULAR: dict[str, str] = {
    form: infinitive
    for line in _IRREGULAR_FORMS.strip().splitlines()
    for infinitive, forms in [line.split(": ")]
    for form in forms.split()
}

_NO_VERBS = """
something nothing anything everything thing during evening morning ceiling inning railing
always sideways perhaps besides whereas across towards naked sacred wicked
"""
_WITH_FINAL_E = """
advance awake bathe breathe change combine compare compete complete decline describe desire escape
exchange execute exhale explore ignore inhale invite lunge plunge prepare promote recline require
reshape undertake
"""
_AS_THEIR_STEM = "add err focus pivot purr waltz"
_WITH_ONE_L = "controll patroll propell signall travell"

_KEEP = frozenset(_NO_VERBS.split())
_FINAL_E = frozenset(_WITH_FINAL_E.split())  # the spelling rules alone would miss these
_KNOWN = frozenset(_AS_THEIR_STEM.split())
_ONE_L = frozenset(_WITH_ONE_L.split())

_VOWEL = re.compile(r"[aeiouy]")
_SHORT = re.compile(r"(?:qu|[^aeiou])*[aeiouy][^aeiouwxy]")  # one syllable: wav, hik, squar
_SILENT_E = re.compile(r".*(?:[cvu]|[^t]z|[^s]s|[bcdfgkptz]l|[^aeiou]at|ag|dg|ur|[a-z]{2}id|lut)")
_DOUBLED = re.compile(r".*([bdgkmnprt])\1")


def _from_stem(stem: str) -> str:
    """The infinitive whose ``-ing`` or ``-ed`` left this stem: ``wav`` -> ``wave``."""
    if stem in _KNOWN:
        return stem
    if stem + "e" in _FINAL_E:
        return stem + "e"
    if stem in _ONE_L or _DOUBLED.fullmatch(stem):
        return stem[:-1]
    if stem.endswith(("ll", "ss", "zz", "ff", "e")):
        return stem
    if _SHORT.fullmatch(stem) or _SILENT_E.fullmatch(stem):
        return stem + "e"
    return stem


@lru_cache(maxsize=4096)
def infinitive(word: str) -> str:
    """``sits``, ``sitting``, ``sat`` -> ``sit``; a word that is no inflected verb stays.

    Args:
        word: One lower-case word.
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in _KEEP or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ing") and _VOWEL.search(word[:-3]):
        return _from_stem(word[:-3])
    if word.endswith("ied"):
        return word[:-3] + "y"
    if word.endswith("ed") and not word.endswith("eed") and _VOWEL.search(word[:-2]):
        return _from_stem(word[:-2])
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zzes", "tzes")):
        return word[:-2]
    return word[:-1]
