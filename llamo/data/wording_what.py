"""How to ask what is done: the act or the exercise."""

from __future__ import annotations

from llamo.data.wording_query import Query

_DEED = "[action|action|movement|activity|~act]"

ACTION = Query(
    direct=(
        "what {do} {S} do",
        "what {is} {S} doing",
        f"what {_DEED} {{do}} {{S}} [perform|do|carry out|make|~execute]",
        f"which {_DEED} {{do}} {{S}} [perform|do|carry out|~execute]",
        f"what {_DEED} {{be}} [shown|performed|being done|seen|~carried out]",
        "what {t:happen}",
        "what {be} [going on|happening|~taking place]",
        f"which {_DEED} can [be seen|you see|I see|be observed]",
        f"what {_DEED} {{is}} {{S}} [performing|doing|carrying out|~executing]",
        "what [kind|sort|type] of [action|movement|motion|activity] {do} {S} [do|perform|make]",
        "what {be} the [action|activity|movement]",
        f"which {_DEED} [takes place|occurs|is it]",
        "what [do you see|can you see] {O} [do|doing]",
        "what {do} {S} do with {their} body",
        "{S} {v:do} what",
        "which [action|activity] {be} it",
        "~what {is} {S} up to",
        "~which activity {is} {S} [busy with|engaged in]",
        "~what {be} {S} seen doing",
        "~how would you name what {S} {v:do}",
    ),
    embedded=(
        "what {S} {v:do}",
        "what {S} {is} doing",
        f"which {_DEED} {{S}} {{v:perform}}",
        f"what {_DEED} {{be}} [shown|performed|seen]",
        "what {t:happen}",
        f"which {_DEED} [this is|it is|you see]",
        f"what {_DEED} {{S}} {{v:do}}",
        "~what {S} {is} up to",
        "~what {S} {is} engaged in",
    ),
    nominal=(
        f"the {_DEED}",
        f"the {_DEED} {{S}} {{v:perform}}",
        f"the {_DEED} [shown|performed|that is shown|in question]",
        "what {S} {v:do}",
        f"the {_DEED} {{S}} {{is}} doing",
        "~the kind of motion {S} {v:go} through",
        "~the thing {S} {v:do}",
    ),
)

EXERCISE = Query(
    direct=(
        "which exercise {do} {S} [do|perform|practise]",
        "what exercise {is} {S} [doing|performing|practising]",
        "which exercise {be} [this|it|shown|performed]",
        "what {be} the [exercise|name of the exercise|exercise called]",
        "what [physiotherapy|rehabilitation|therapy|gym] exercise {do} {S} [do|perform]",
        "which [physiotherapy|rehabilitation|rehab] exercise {be} [this|shown|being done]",
        "what is this exercise [called|named]",
        "which movement of the exercise programme {do} {S} [do|perform]",
        "what exercise [can be seen|do you see|is being done]",
        "{S} {v:do} which exercise",
        "which of the exercises {is} {S} [doing|performing]",
        "what [kind|type] of exercise {be} [this|shown|it]",
        "~which exercise {is} {S} [busy with|going through]",
        "~what would a therapist call this exercise",
        "~which exercise {is} {S} working on",
    ),
    embedded=(
        "which exercise {S} {v:do}",
        "what exercise {S} {is} [doing|performing]",
        "which exercise [this is|is shown]",
        "what the exercise is called",
        "~which exercise {S} {v:work} on",
    ),
    nominal=(
        "the exercise",
        "the exercise {S} {v:perform}",
        "the [physiotherapy|rehabilitation] exercise",
        "this exercise",
        "~the exercise {S} {v:go} through",
    ),
)
