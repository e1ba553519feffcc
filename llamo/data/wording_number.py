"""How many times, how long, when."""

from __future__ import annotations

from llamo.data.wording_query import Query

COUNT = Query(
    direct=(
        "count the {X.ns}",
        "how many {X.ns} in [total|all|the clip|this set]",
        "how many {X.ns} [did|do] you count",
        "what is the tally of {X.ns}",
        "how many times in a row {do} {S} {X}",
        "how many {X.ns} {do} {S} manage",
        "count how many times {S} {X.s}",
        "number of {X.ns}",
        "how many times {do} {S} {X}",
        "how many {X.ns} {do} {S} [do|perform|make]",
        "how many {X.ns} are there",
        "how often {do} {S} {X}",
        "how many {X.ns} [can you count|do you see|can be seen]",
        "how many [repetitions|reps] of {X.the} {do} {S} do",
        "how many times {is} {S} {X.ing}",
        "how many times {tdo} {X.the} [happen|occur]",
        "what is the [number|count] of {X.ns}",
        "{S} {X.s} how many times",
        "how many times in [all|total] {do} {S} {X}",
        "~what number of {X.ns} {do} {S} complete",
        "~how frequently {do} {S} {X}, as a number",
        "~how many {X.ns} does the clip hold",
    ),
    embedded=(
        "how many times {S} {X.s}",
        "how many {X.ns} {S} {v:do}",
        "how often {S} {X.s}",
        "~how many {X.ns} {be} completed",
    ),
    nominal=("the number of {X.ns}", "how many {X.ns} there are", "~the total of {X.ns}"),
)

COUNT_ANY = Query(
    direct=(
        "count the [reps|repetitions]",
        "how many [reps|repetitions] {do} {S} [manage|complete|get]",
        "how many [reps|repetitions] in [this set|the clip]",
        "what is the tally",
        "number of [reps|repetitions]",
        "how many times do we see the movement",
        "how many in [total|all]",
        "how many [repetitions|reps] {do} {S} [do|perform|make]",
        "how many [repetitions|reps] are there",
        "how many times {do} {S} [do it|do this|repeat it|do the movement]",
        "how many times is the [movement|exercise|action] [done|performed|repeated]",
        "what is the [rep count|number of repetitions|number of reps]",
        "how many [repetitions|reps] [can you count|do you count|do you see]",
        "how many times does the [movement|action] [happen|occur]",
        "how often is the [movement|exercise|action] [done|performed]",
        "how many reps in [all|total]",
        "[repetitions|reps]: how many",
        "~how many rounds of the movement {do} {S} complete",
        "~what does the rep counter show",
        "~how many cycles {do} {S} go through",
    ),
    embedded=(
        "how many [repetitions|reps] {S} {v:do}",
        "how many times {S} {v:do} it",
        "~how many cycles there are",
    ),
    nominal=(
        "the number of [repetitions|reps]",
        "the rep count",
        "~the total of repetitions",
    ),
)

DURATION = Query(
    direct=(
        "how long {do} {S} {X}",
        "for how long {do} {S} {X}",
        "how long {tdo} {X.the} [last|take|go on]",
        "how many seconds {do} {S} [spend|take] {X.ing}",
        "how many seconds {tdo} {X.the} [last|take]",
        "what is the duration of {X.the}",
        "how long {be} {S} {X.ing} for",
        "how much time {do} {S} spend {X.ing}",
        "{X.the} {t:last} how long",
        "~what length of time {tdo} {X.the} cover",
        "~how many seconds long {be} {X.the}",
    ),
    embedded=(
        "how long {S} {X.s}",
        "how long {X.the} {t:last}",
        "~how many seconds long {X.the} {be}",
    ),
    nominal=("the duration of {X.the}", "~the length of {X.the} in seconds"),
)

START_TIME = Query(
    direct=(
        "when {do} {S} [start|begin] [{X.ing}|to {X}]",
        "when {tdo} {X.the} [start|begin]",
        "at what time {do} {S} [start|begin] {X.ing}",
        "at which second {tdo} {X.the} [start|begin]",
        "after how many seconds {tdo} {X.the} [start|begin]",
        "what is the start time of {X.the}",
        "how many seconds in {tdo} {X.the} [start|begin]",
        "when {be} the [start|beginning] of {X.the}",
        "~at what point in time {tdo} {X.the} start",
        "~from which second on {do} {S} {X}",
    ),
    embedded=(
        "when {S} {v:start} {X.ing}",
        "when {X.the} {t:begin}",
        "~at which second {X.the} {t:start}",
    ),
    nominal=("the start time of {X.the}", "~the second at which {X.the} starts"),
)

END_TIME = Query(
    direct=(
        "when {do} {S} [stop|finish] {X.ing}",
        "when {tdo} {X.the} end",
        "when {be} {X.the} over",
        "at what time {do} {S} stop {X.ing}",
        "at which second {tdo} {X.the} end",
        "what is the end time of {X.the}",
        "when {be} the end of {X.the}",
        "~at what point in time {tdo} {X.the} end",
        "~until which second {do} {S} {X}",
    ),
    embedded=(
        "when {S} {v:stop} {X.ing}",
        "when {X.the} {t:end}",
        "~until which second {X.the} {t:last}",
    ),
    nominal=("the end time of {X.the}", "~the second at which {X.the} ends"),
)
