"""Yes/no questions, and whether an exercise is done correctly."""

from __future__ import annotations

from llamo.data.wording_query import Query

YES_NO_ACT = Query(
    direct=(
        "{do} {S} ever {X}",
        "can {X.a} be seen",
        "is there any {X.ing}",
        "do we see {O} {X}",
        "have we got {X.a} [here|in the clip]",
        "does {X.a} come up [here|in the clip]",
        "would you call this {X.a}",
        "any sign of {X.a}",
        "could this be {X.a}",
        "{do} {S} {X}",
        "{is} {S} {X.ing}",
        "{do} {S} {X} [at any point|at some point|anywhere|here|in this clip]",
        "[can you see|do you see] {O} {X.ing}",
        "{be} there {X.a} [in the clip|in this motion|here|]",
        "is it true that {S} {X.s}",
        "is it [right|correct|the case] that {S} {X.s}",
        "{S} {X.s}, [right|correct|is that so|is that true|yes or no]",
        "would you say that {S} {X.s}",
        "does [this clip|the clip|the motion|this] [show|contain|include] {X.a}",
        "{be} {X.the} part of [this|the clip|the sequence]",
        "[have you seen|did you see|did you notice|do you notice] {X.a} [here|in it|in the clip]",
        "yes or no: {do} {S} {X}",
        "[is this|is that|is it] {X.a}",
        "does {X.a} [happen|take place|appear]",
        "~could one say that {S} {is} {X.ing}",
        "~{X.ing}: is that something {S} {v:do}",
        "~does {X.a} occur [here|in the recording]",
        "~is {S} seen {X.ing}",
    ),
    embedded=(
        "whether {S} {X.s}",
        "if {S} {X.s}",
        "whether there {be} {X.a}",
        "if {S} {is} {X.ing}",
        "~whether {X.a} occurs",
    ),
)

YES_NO_SIDE = Query(  # {side} left/right, {limb}
    direct=(
        "{do} {S} use {their} {side} {limb}",
        "{do} {S} use the {side} {limb}",
        "{is} {S} [using|moving] {their} {side} {limb}",
        "{be} it the {side} {limb} that {t:move}",
        "{be} the {side} {limb} [the active one|the one {S} {v:use}|in use]",
        "is it true that {S} {v:use} the {side} {limb}",
        "{S} {v:use} {their} {side} {limb}, [right|correct|is that so]",
        "{do} {S} do [it|this] with the {side} {limb}",
        "would you say it {be} the {side} {limb}",
        "{be} this done with the {side} {limb}",
        "~{be} the {side} {limb} at work",
        "~{do} {S} act with the {side} {limb}",
    ),
    embedded=(
        "whether {S} {v:use} the {side} {limb}",
        "if it {be} the {side} {limb}",
        "~whether the {side} {limb} {be} at work",
    ),
)

YES_NO_SIDE_ACT = Query(  # {side} left/right, {limb}, X the act
    direct=(
        "{do} {S} {X.0} with {their} {side} {limb}",
        "{do} {S} {X.0} with the {side} {limb}",
        "{do} {S} use {their} {side} {limb} to {X}",
        "{is} {S} {X.ing0} with {their} {side} {limb}",
        "is it true that {S} {X.s0} with the {side} {limb}",
        "{be} it the {side} {limb} {S} {X.s0} with",
        "{be} {X.the} done with the {side} {limb}",
        "{S} {X.s0} with {their} {side} {limb}, [right|correct|is that so]",
        "~{be} the {side} {limb} involved in {X.the}",
        "~{do} {S} rely on the {side} {limb} to {X}",
    ),
    embedded=(
        "whether {S} {X.s0} with {their} {side} {limb}",
        "if {X.the} {be} done with the {side} {limb}",
        "~whether the {side} {limb} {be} involved in {X.the}",
    ),
)

YES_NO_RAISE = Query(
    direct=(
        "{do} {S} [raise|lift] {their} {side} {limb}",
        "{do} {S} [raise|lift|put up] the {side} {limb}",
        "{is} {S} [raising|lifting] {their} {side} {limb}",
        "{tdo} the {side} {limb} go up",
        "{be} it the {side} {limb} that {t:go} up",
        "is it true that {S} {v:raise} the {side} {limb}",
        "{S} {v:lift} {their} {side} {limb}, [right|correct|is that so]",
        "~{be} the {side} {limb} brought up",
        "~{tdo} the {side} {limb} rise",
    ),
    embedded=(
        "whether {S} {v:raise} {their} {side} {limb}",
        "if the {side} {limb} {t:go} up",
        "~whether the {side} {limb} {t:rise}",
    ),
)

YES_NO_DIRECTION = Query(  # X a direction phrase
    direct=(
        "{do} {S} {X}",
        "{is} {S} {X.ing}",
        "is it true that {S} {X.s}",
        "{S} {X.s}, [right|correct|is that so]",
        "would you say that {S} {X.s}",
        "[can you see|do you see] {O} {X.ing}",
        "yes or no: {do} {S} {X}",
        "{do} {S} {X} [in this clip|here|at some point]",
        "~could one say that {S} {is} {X.ing}",
        "~is {S} seen {X.ing}",
    ),
    embedded=(
        "whether {S} {X.s}",
        "if {S} {is} {X.ing}",
        "~whether {S} {is} {X.ing} or not",
    ),
)

YES_NO_ORDER = Query(  # does X come before Y
    direct=(
        "{do} {S} {X} before {Y.ing}",
        "{do} {S} {X} before {P} {Y.p}",
        "{tdo} {X.the} come before {Y.the}",
        "{be} {X.the} before {Y.the}",
        "{be} {X.the} earlier than {Y.the}",
        "{tdo} {X.the} [happen|take place] before {Y.the}",
        "is it true that {S} {X.s} before {Y.ing}",
        "{S} {X.s} before {P} {Y.p}, [right|correct|is that so]",
        "{do} {S} {Y} after {X.ing}",
        "{do} {S} {X} first and {Y} [later|afterwards|after that]",
        "{tdo} {Y.the} [come|happen] after {X.the}",
        "~{be} {Y.the} later than {X.the}",
        "~{tdo} {X.the} precede {Y.the}",
        "~{be} {X.the} followed later by {Y.the}",
    ),
    embedded=(
        "whether {S} {X.s} before {P} {Y.p}",
        "if {X.the} {t:come} before {Y.the}",
        "~whether {X.the} {t:precede} {Y.the}",
    ),
)

CORRECT = Query(  # yes = correct
    direct=(
        "does {S} have good form",
        "is {S} [executing|doing] it well",
        "does this [count as|look like] a [good|clean|valid] [repetition|rep]",
        "would you [approve of|accept] this [repetition|form|execution]",
        "does {S} follow the instructions",
        "is this how {X.the} should [look|be done]",
        "is the [quality|execution] fine",
        "is it a clean [repetition|rep]",
        "is the [exercise|movement|repetition] [done|performed|carried out] "
        "[correctly|right|properly]",
        "is {S} doing [it|this|the exercise|{X.the}] [correctly|right|properly|the right way]",
        "{do} {S} [do|perform] [it|the exercise|{X.the}] [correctly|properly|as it should be done]",
        "is [this|that] a [correct|proper|good] [repetition|execution]",
        "is the [form|technique|execution] [right|good|correct|ok]",
        "is [this|it] [correct|done right|done well]",
        "was [this|it|the exercise] [performed|done] [correctly|properly]",
        "would a [coach|physiotherapist|therapist] [accept this|call this correct]",
        "{do} {S} get [it|the exercise|{X.the}] right",
        "is {X.the} [correct|right|good]",
        "is it true that {S} {v:do} [it|the exercise] correctly",
        "~is {S's} form as it should be",
        "~is {X.the} done as it should be",
        "~is everything right with {X.the}",
    ),
    embedded=(
        "whether the [exercise|movement] is done correctly",
        "if {S} {v:do} [it|this|{X.the}] [right|properly]",
        "~whether the form is as it should be",
    ),
)

MISTAKE = Query(  # yes = incorrect
    direct=(
        "are there any [mistakes|errors|flaws] in [the form|this]",
        "does {S} do something wrong",
        "is {S's} form [bad|off|poor|faulty]",
        "is the [execution|repetition] [flawed|faulty]",
        "would you correct [this|{S}]",
        "did something go wrong [here|with {X.the}]",
        "is there a [mistake|fault|problem] in [the|this] [exercise|movement|repetition|form]",
        "{do} {S} make a mistake",
        "is [anything|something] wrong with [the exercise|{X.the}|the form]",
        "{do} {S} do [it|the exercise|{X.the}] [wrong|incorrectly]",
        "is [this|the exercise|{X.the}] done [wrong|incorrectly|badly]",
        "is this an incorrect [repetition|execution]",
        "does [the form|this|the technique] need [correction|correcting|work]",
        "should a coach correct [this|{S}]",
        "~is there a fault in {X.the}",
        "~is {S's} technique wrong",
    ),
    embedded=(
        "whether {S} {v:make} a mistake",
        "if anything is wrong with the form",
        "~whether there is a problem with {X.the}",
    ),
)

CORRECT_OR_NOT = Query(  # answered "correct" or "incorrect"
    direct=(
        "right or wrong execution: say correct or incorrect",
        "grade {X.the} as correct or incorrect",
        "which is it, correct or incorrect",
        "is {S's} form correct or incorrect",
        "answer correct or incorrect: how is {X.the} done",
        "is this [repetition|exercise|movement] correct or incorrect",
        "correct or incorrect",
        "is [the form|{X.the}|the execution] correct or incorrect",
        "[would you call|do you find] {X.the} correct or incorrect",
        "is {S} doing it correctly or incorrectly",
        "how is the exercise done, correctly or incorrectly",
        "is it [done|performed] correctly or incorrectly",
        "judge the [exercise|repetition|form]: correct or incorrect",
        "~how would you rate {X.the}: correct or incorrect",
        "~correct execution or incorrect execution",
    ),
    embedded=(
        "whether {X.the} is correct or incorrect",
        "if this is a correct or an incorrect repetition",
        "~whether to call it correct or incorrect",
    ),
)
