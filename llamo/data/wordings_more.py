"""More wordings: yes/no, counts, times, quality, reasoning, descriptions."""

from __future__ import annotations

from llamo.data.wordings import Query

YES_NO_ACT = Query(
    direct=(
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
        "~is {S's} form up to standard",
        "~does the execution of {X.the} pass",
        "~is everything right with {X.the}",
    ),
    embedded=(
        "whether the [exercise|movement] is done correctly",
        "if {S} {v:do} [it|this|{X.the}] [right|properly]",
        "~whether the form is up to standard",
    ),
)

MISTAKE = Query(  # yes = incorrect
    direct=(
        "is there a [mistake|fault|problem] in [the|this] [exercise|movement|repetition|form]",
        "{do} {S} make a mistake",
        "is [anything|something] wrong with [the exercise|{X.the}|the form]",
        "{do} {S} do [it|the exercise|{X.the}] [wrong|incorrectly]",
        "is [this|the exercise|{X.the}] done [wrong|incorrectly|badly]",
        "is this an incorrect [repetition|execution]",
        "does [the form|this|the technique] need [correction|correcting|work]",
        "should a coach correct [this|{S}]",
        "~is the execution faulty",
        "~is {S's} technique flawed",
    ),
    embedded=(
        "whether {S} {v:make} a mistake",
        "if anything is wrong with the form",
        "~whether the execution is faulty",
    ),
)

CORRECT_OR_NOT = Query(  # answered "correct" or "incorrect"
    direct=(
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

COUNT = Query(
    direct=(
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
        "~at what point in time {be} the onset of {X.the}",
        "~from which second on {do} {S} {X}",
    ),
    embedded=(
        "when {S} {v:start} {X.ing}",
        "when {X.the} {t:begin}",
        "~at which second {X.the} {t:set} in",
    ),
    nominal=("the start time of {X.the}", "~the onset of {X.the} in seconds"),
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
        "~at what point in time {tdo} {X.the} cease",
        "~until which second {do} {S} {X}",
    ),
    embedded=(
        "when {S} {v:stop} {X.ing}",
        "when {X.the} {t:end}",
        "~until which second {X.the} {t:last}",
    ),
    nominal=("the end time of {X.the}", "~the second at which {X.the} ends"),
)

WHICH_FIRST = Query(
    direct=(
        "which {t:come} first, {X.the} or {Y.the}",
        "what {do} {S} do first, {X} or {Y}",
        "which {t:happen} [first|earlier]: {X.the} or {Y.the}",
        "{do} {S} {X} first or {Y} first",
        "what {t:come} [earlier|first], {X.the} or {Y.the}",
        "{X.the} or {Y.the}: which {be} first",
        "{be} {X.the} first or {Y.the}",
        "~of {X.the} and {Y.the}, which {be} the earlier one",
        "~does the clip show {X.the} or {Y.the} first",
    ),
    embedded=(
        "which {t:come} first, {X.the} or {Y.the}",
        "whether {X.the} or {Y.the} {t:come} first",
        "~which {be} the earlier one, {X.the} or {Y.the}",
    ),
)

WHICH_LAST = Query(
    direct=(
        "which {t:come} [last|later], {X.the} or {Y.the}",
        "what {do} {S} do [last|later], {X} or {Y}",
        "which {t:happen} later: {X.the} or {Y.the}",
        "{X.the} or {Y.the}: which {be} later",
        "what {t:come} second, {X.the} or {Y.the}",
        "~of {X.the} and {Y.the}, which {be} the later one",
        "~does the clip show {X.the} or {Y.the} last",
    ),
)

WHICH_LONGER = Query(
    direct=(
        "which {t:take} longer, {X.the} or {Y.the}",
        "which {t:last} longer: {X.the} or {Y.the}",
        "what {do} {S} do for longer, {X} or {Y}",
        "{X.the} or {Y.the}: which {t:last} longer",
        "on what {do} {S} spend more time, {X.the} or {Y.the}",
        "which {be} the longer one, {X.the} or {Y.the}",
        "~of {X.the} and {Y.the}, which goes on longer",
        "~is {X.the} or {Y.the} of greater length",
    ),
)

WHICH_SHORTER = Query(
    direct=(
        "which {be} [shorter|quicker|over sooner], {X.the} or {Y.the}",
        "which {t:take} less time: {X.the} or {Y.the}",
        "{X.the} or {Y.the}: which {be} [shorter|quicker]",
        "what {do} {S} do [more quickly|for less time], {X} or {Y}",
        "on what {do} {S} spend less time, {X.the} or {Y.the}",
        "~of {X.the} and {Y.the}, which is the briefer one",
    ),
)

FASTER_REPETITION = Query(
    direct=(
        "which repetition is faster, the first or the last",
        "is the first or the last repetition [faster|quicker]",
        "{do} {S} do the first or the last [repetition|{X.n}] faster",
        "which is quicker, the first or the last {X.n}",
        "the first or the last repetition: which is faster",
        "which of the two is faster, the first or the last [one|repetition]",
        "~at which end is the pace higher, the first or the last repetition",
        "~is the opening or the closing repetition the faster one, first or last",
    ),
    embedded=(
        "whether the first or the last repetition is faster",
        "~which of first and last is faster",
    ),
)

MIRROR_SIDE = Query(
    direct=(
        "if the clip were mirrored, which {limb} would {S} use",
        "in a mirror, which {limb} would {S} seem to use",
        "mirrored left to right, which {limb} would {t:move}",
        "suppose you flip the clip: which {limb} would {S} use",
        "which {limb} would {S} use in the mirrored clip",
        "which {limb} would it be after mirroring",
        "imagine the mirror image. which {limb} {do} {S} use there",
        "~swap left and right: which {limb} is used then",
        "~seen in a looking glass, which {limb} is active",
    ),
)

MIRROR_DIRECTION = Query(
    direct=(
        "if the clip were mirrored, which direction would {S} move in",
        "in a mirror, which way would {S} go",
        "which direction would {S} move in the mirrored clip",
        "suppose you flip the clip left to right: which way would {S} go",
        "which direction would it be after mirroring",
        "imagine the mirror image. in which direction {do} {S} move there",
        "~swap left and right: which direction is it then",
        "~seen in a looking glass, which way {do} {S} go",
    ),
)

DESCRIBE = Query(
    direct=(
        "describe [the clip|the motion|what happens|this movement]",
        "what [is happening|happens] in [this clip|this motion], in a sentence",
        "[give|write] a [short|brief|one-sentence] description of the [motion|clip|movement]",
        "describe what {S} {v:do}",
        "summarise the [clip|motion|movement]",
        "[can|could] you describe [the motion|this clip|what {S} {v:do}]",
        "tell me everything {S} {v:do}[|, in order]",
        "what {do} {S} do in this clip? describe it",
        "[caption|write a caption for] [this|the] [motion|clip]",
        "describe the motion in [one|a] sentence",
        "put the [motion|movement] into words",
        "~sum up the recording",
        "~narrate what you see",
        "~report what {S} {v:do}, step by step",
    ),
)

# Questions that motion can never settle.
UNSEEN = Query(
    direct=(
        "what colour is {S's} [shirt|hair|jacket]",
        "what {is} {S} wearing",
        "what is {S's} name",
        "who {is} {S}",
        "how old {is} {S}",
        "what mood {is} {S} in",
        "what {is} {S} [thinking|saying] ",
        "where was this recorded",
        "what {is} {S} holding",
        "what is in the background",
        "what is the weather like",
        "which [country|city] {is} {S} in",
        "what brand are {S's} shoes",
        "why {do} {S} want to do this",
        "is {S} [married|rich|a student|left handed in daily life]",
        "what song is playing",
        "who is watching {S}",
        "what is {S's} [job|nationality|mother tongue]",
        "what does the room look like",
        "[how heavy is {S}|how much does {S} weigh]",
        "on which day was this filmed",
        "~what {is} {S} looking forward to",
        "~what colour are {S's} eyes",
        "~which camera was used",
        "~what did {S} have for breakfast",
    ),
)
