"""Action phrases and their inflection: wave, waves, waving, waved, the wave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

# answer phrase: (verb surfaces, noun surfaces). A surface after "~" is held out from training.
# "*" marks the verbs that inflect; {their} follows the person.
_TABLE: dict[str, tuple[str, str]] = {
    "draw circle": ("*draw a circle;*draw a circle in the air;~*trace a circle",
                    "circle drawing;drawing of a circle"),
    "draw triangle": ("*draw a triangle;*draw a triangle in the air;~*trace a triangle",
                      "triangle drawing;drawing of a triangle"),
    "draw x": ("*draw an x;*draw an x in the air;~*trace an x", "drawing of an x;x drawing"),
    "draw tick": ("*draw a tick;*draw a check mark;~*trace a tick", "drawing of a tick"),
    "bowl": ("*bowl;*bowl a ball;~*roll a bowling ball", "bowling throw;bowl;~bowling move"),
    "box": ("*box;*shadow box;*throw a series of punches", "boxing;boxing move;~shadow boxing"),
    "swing a baseball bat": ("*swing a baseball bat;*swing a bat;~*swing at a baseball",
                             "baseball swing;bat swing"),
    "swing a tennis racket": ("*swing a tennis racket;*swing a racket;~*hit a tennis ball",
                              "tennis swing;racket swing;~tennis stroke"),
    "swing a golf club": ("*swing a golf club;*swing a club;~*hit a golf ball",
                          "golf swing;swing of the golf club"),
    "curl arms": ("*curl {their} arms;*curl both arms;*do an arm curl;~*do a biceps curl",
                  "arm curl;curl of the arms;~biceps curl"),
    "serve a tennis ball": ("*serve a tennis ball;*serve a ball;~*hit a tennis serve",
                            "tennis serve;serve"),
    "push": ("*push;*push something;*push something away;*shove something",
             "push;pushing motion;shove"),
    "knock": ("*knock;*knock on a door;~*rap on a door", "knock;knocking;knock on the door"),
    "swipe": ("*swipe;*swipe an arm;*sweep an arm across", "swipe;arm swipe;sweep of the arm"),
    "catch": ("*catch;*catch something;*catch an object;*grab something out of the air",
              "catch;catching motion"),
    "pick up and throw": ("*pick up and *throw;*pick something up and *throw it;"
                          "*lift something and *toss it",
                          "pick-up and throw;pick up and throw"),
    "turn": ("*turn;*turn around;*make a turn;~*do a turn", "turn;turning;~turn of the body"),
    "jumping jacks": ("*do jumping jacks;*do a jumping jack", "jumping jack"),
    "jog": ("*jog;~*go jogging", "jog;jogging;~jogging part"),
    "walk": ("*walk;*take a walk;*stroll", "walk;walking;stroll"),
    "run": ("*run;*sprint;*dash", "run;running;sprint;dash"),
    "sneak": ("*sneak;*creep;*tiptoe;~*sneak around", "sneaking;sneaky walk;creeping"),
    "stand up": ("*stand up;*get up;*rise;*get to {their} feet",
                 "standing up;getting up;rise;~stand-up"),
    "sit": ("*sit;*sit down;*take a seat;~*lower {themself} onto a seat",
            "sitting down;sit-down;~sitting"),
    "lunge": ("*lunge;*do a lunge;*perform a lunge;~*step into a lunge",
              "lunge;lunging;~lunge step"),
    "side lunge": ("*do a side lunge;*side-lunge;*lunge sideways;~*perform a lateral lunge",
                   "side lunge;sideways lunge;~lateral lunge"),
    "squat": ("*squat;*do a squat;*squat down;~*perform a squat",
              "squat;squatting;~squat movement"),
    "wave": ("*wave;*wave a hand;*wave {their} hand;~*give a wave",
             "wave;waving;hand wave;~greeting wave"),
    "wave both hands": ("*wave both hands;*wave both arms;*wave with both hands;"
                        "~*wave {their} two hands",
                        "two-handed wave;wave with both hands;waving of both hands"),
    "clap": ("*clap;*clap {their} hands;*applaud", "clap;clapping;hand clap;applause"),
    "throw": ("*throw;*throw something;*throw a ball;*toss something;*hurl something",
              "throw;throwing;toss;hurl"),
    "cross arms": ("*cross {their} arms;*fold {their} arms;~*cross both arms over the chest",
                   "arm crossing;crossing of the arms;~folding of the arms"),
    "shoot a basketball": ("*shoot a basketball;*shoot a ball;*take a basketball shot;"
                           "~*shoot a hoop",
                           "basketball shot;shot;~shot at the basket"),
    "hammer": ("*hammer;*swing a hammer;~*pound with a hammer", "hammering;hammer blow"),
    "punch": ("*punch;*throw a punch;*jab", "punch;punching;jab"),
    "slash": ("*slash;*swing a sword;*cut with a blade", "slash;sword slash"),
    "bend": ("*bend;*bend over;*bend down;*lean over", "bend;bending;~bend of the body"),
    "bow": ("*bow;*take a bow;*make a bow;~*bow politely", "bow;bowing;~polite bow"),
    "dance": ("*dance;~*do a dance", "dance;dancing"),
    "kick": ("*kick;*do a kick;*kick something;~*give a kick", "kick;kicking;~kicking motion"),
    "place something": ("*place something;*put something down;*set something down;"
                        "*lay something down",
                        "placing of something;putting down;setting down"),
    "take/pick something up": ("*pick something up;*pick up something;*take something;"
                               "*grab something;~*reach for something and *take it",
                               "pick-up;picking up;grab;taking of something"),
    "touch elbow to knee": ("*touch {their} elbow to {their} knee;*bring elbow to knee;"
                            "*touch elbow to knee;~*bring an elbow and a knee together",
                            "elbow-to-knee touch;elbow to knee move"),
    "jump": ("*jump;*hop;*do a jump;*leap", "jump;hop;jumping;leap"),
    "lie down": ("*lie down;*lie down on the floor;~*get down on the floor",
                 "lying down;~going down to the floor"),
    "rotate arms": ("*rotate {their} arms;*rotate both arms;*circle {their} arms;"
                    "~*swing {their} arms in circles",
                    "arm rotation;rotation of the arms;~arm circling"),
    "raise both hands": ("*raise both hands;*raise both arms;*lift both hands;"
                         "*put both hands up",
                         "raising of both hands;lifting of both hands;~two-hand raise"),
    "raise a hand": ("*raise a hand;*raise one hand;*lift a hand;*put a hand up;"
                     "*hold a hand up",
                     "hand raise;raising of a hand;~hand raising"),
    "step over a hurdle": ("*step over a hurdle;*do a hurdle step;*step over something;"
                           "~*step across a hurdle",
                           "hurdle step;step over a hurdle;~hurdle crossing"),
    "raise a leg": ("*raise a leg;*lift a leg;*raise one leg;~*bring a leg up",
                    "leg raise;leg lift;~raising of a leg"),
    "raise an arm": ("*raise an arm;*lift an arm;*raise one arm;*bring an arm up",
                     "arm raise;arm lift;~raising of an arm"),
}  # fmt: skip

_IRREGULAR_PAST = {
    "draw": "drew", "swing": "swung", "throw": "threw", "catch": "caught", "run": "ran",
    "go": "went", "take": "took", "stand": "stood", "get": "got", "rise": "rose", "sit": "sat",
    "do": "did", "give": "gave", "shoot": "shot", "put": "put", "set": "set", "lay": "laid",
    "lie": "lay", "bend": "bent", "hold": "held", "bring": "brought", "hit": "hit",
    "sweep": "swept", "cut": "cut", "creep": "crept", "make": "made", "come": "came",
    "keep": "kept", "begin": "began", "have": "had", "be": "was",
    "see": "saw", "show": "showed", "spend": "spent", "use": "used", "move": "moved",
    "lead": "led", "wear": "wore",
}  # fmt: skip
_DOUBLE = {"run", "get", "sit", "put", "set", "hit", "squat", "clap", "hop", "rap", "cut",
           "step", "jog", "jab", "grab", "begin", "wrap"}  # fmt: skip
_THIRD = {"do": "does", "go": "goes", "have": "has", "be": "is"}


def third_person(verb: str) -> str:
    """wave -> waves, catch -> catches."""
    if verb in _THIRD:
        return _THIRD[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def gerund(verb: str) -> str:
    """wave -> waving, lie -> lying, sit -> sitting."""
    if verb == "be":
        return "being"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb in _DOUBLE:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + "ing"


def past(verb: str) -> str:
    """wave -> waved, throw -> threw, clap -> clapped."""
    if verb in _IRREGULAR_PAST:
        return _IRREGULAR_PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    if verb in _DOUBLE:
        return verb + verb[-1] + "ed"
    return verb + "ed"


_FORMS = {"inf": lambda verb: verb, "third": third_person, "ing": gerund, "past": past}


@lru_cache(maxsize=65536)
def inflect(surface: str, form: str) -> str:
    """Put the verbs marked by ``*`` into a form: ``inf``, ``third``, ``ing`` or ``past``."""
    change = _FORMS[form]
    return " ".join(
        change(word[1:]) if word.startswith("*") else word for word in surface.split(" ")
    )


@dataclass(frozen=True)
class Phrase:
    """What a question can name: an act, a direction, the use of a limb.

    Args:
        name: As an answer says it.
        verbs, nouns: Surfaces seen in training.
        held_verbs, held_nouns: Surfaces kept for held-out wordings.
    """

    name: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    held_verbs: tuple[str, ...] = ()
    held_nouns: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def phrase_for(name: str) -> Phrase:
    """The surfaces of an act or exercise; names that are not in the table are exercises."""
    if name not in _TABLE:
        short = name.removeprefix("standing ")
        verbs: list[str] = [f"*do a {name}", f"*perform a {name}", f"*do {_a(short)}"]
        return Phrase(name, tuple(dict.fromkeys(verbs)), tuple(dict.fromkeys((name, short))))
    verbs_text, nouns_text = _TABLE[name]
    verbs, nouns = verbs_text.split(";"), nouns_text.split(";")
    return Phrase(
        name,
        tuple(v for v in verbs if v[0] != "~"),
        tuple(n for n in nouns if n[0] != "~"),
        tuple(v[1:] for v in verbs if v[0] == "~"),
        tuple(n[1:] for n in nouns if n[0] == "~"),
    )


@lru_cache(maxsize=64)
def direction_phrase(direction: str) -> Phrase:
    """Moving in a direction as something a question can name."""
    to = {"forward": "forward;forwards;ahead;~straight ahead",
          "backwards": "backwards;backward;back",
          "left": "left;to the left;to {their} left;~towards the left",
          "right": "right;to the right;to {their} right;~towards the right",
          }[direction].split(";")  # fmt: skip
    seen = [w for w in to if w[0] != "~"]
    held = [w[1:] for w in to if w[0] == "~"]
    side = {"left": "left", "right": "right", "forward": "forward", "backwards": "backward"}
    return Phrase(
        direction,
        tuple(f"*{verb} {way}" for verb in ("move", "move", "go") for way in seen),
        (f"{side[direction]} movement", f"{side[direction]} motion"),
        tuple(f"*{verb} {way}" for verb in ("head", "travel") for way in (held or seen)),
        (f"{side[direction]}-going part",),
    )


@lru_cache(maxsize=64)
def body_part_phrase(body_part: str) -> Phrase:
    """Use of a body part as something a question can name."""
    return Phrase(
        body_part,
        (f"*use {{their}} {body_part}", f"*use the {body_part}", f"*move {{their}} {body_part}"),
        (f"{body_part} movement", f"use of the {body_part}"),
        (f"*act with {{their}} {body_part}",),
        (f"{body_part} action",),
    )


def known_actions() -> tuple[str, ...]:
    """Every act with an own entry."""
    return tuple(_TABLE)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


@lru_cache(maxsize=1024)
def countable(noun: str) -> bool:
    """A wave and two waves, but no "a waving"."""
    words = noun.split(" of ")[0].split(" to ")[0].split()
    return not any(w.endswith("ing") and w not in ("swing", "bowling") for w in words[-1:]) and (
        not words[0].endswith("ing")
        or words[0] in ("swing", "bowling", "boxing", "pushing")
        or len(words) > 1
    )


def plural(noun: str) -> str:
    """squat -> squats, punch -> punches; the head noun before "of" or "with" is what changes."""
    for link in (" of ", " with ", " over ", " on ", " at "):
        if link in noun:
            head, rest = noun.split(link, 1)
            return plural(head) + link + rest
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"


_RELATED = (
    {"wave", "wave both hands", "raise a hand", "raise both hands", "raise an arm",
     "standing shoulder abduction", "standing shoulder scaption", "standing shoulder extension",
     "standing shoulder internal-external rotation"},
    {"throw", "pick up and throw", "bowl", "shoot a basketball"},
    {"throw", "serve a tennis ball"},
    {"punch", "box", "push"},
    {"lunge", "side lunge", "step over a hurdle"},
    {"bend", "bow", "take/pick something up", "pick up and throw", "place something", "sit"},
    {"kick", "raise a leg", "step over a hurdle", "touch elbow to knee"},
    {"walk", "sneak", "step over a hurdle"},
    {"jog", "run"},
    {"squat", "sit", "sit to stand", "stand up", "lie down"},
    {"hammer", "knock"},
    {"swing a baseball bat", "slash", "swing a golf club"},
    {"catch", "take/pick something up"},
)  # fmt: skip


@lru_cache(maxsize=8192)
def may_be_same(first: str, second: str) -> bool:
    """One look could call both by the same word, so a question must not set them apart."""
    if first == second or first == "dance" or second == "dance":
        return True
    return any(first in group and second in group for group in _RELATED)
