"""Comparisons, mirror images, descriptions, and what motion never shows."""

from __future__ import annotations

from llamo.data.wording_query import Query

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
        "{do} {S} {X} last or {Y} last",
        "{be} {X.the} last or {Y.the}",
        "which of the two {be} [last|later], {X.the} or {Y.the}",
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
        "~of {X.the} and {Y.the}, which {t:take} longer",
        "~does {X.the} or {Y.the} take longer",
    ),
)

WHICH_SHORTER = Query(
    direct=(
        "which {be} [shorter|quicker|over sooner], {X.the} or {Y.the}",
        "which {t:take} less time: {X.the} or {Y.the}",
        "{X.the} or {Y.the}: which {be} [shorter|quicker]",
        "what {do} {S} do [more quickly|for less time], {X} or {Y}",
        "on what {do} {S} spend less time, {X.the} or {Y.the}",
        "which {be} the shorter one, {X.the} or {Y.the}",
        "{be} {X.the} or {Y.the} [shorter|quicker]",
        "which {t:last} less long, {X.the} or {Y.the}",
        "~of {X.the} and {Y.the}, which is shorter",
        "~does {X.the} or {Y.the} take less time",
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
        "~does the first or the last repetition go faster",
        "~was the first repetition faster or the last",
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
        "mirrored left to right, which {limb} would move",
        "suppose you flip the clip: which {limb} would {S} use",
        "which {limb} would {S} use in the mirrored clip",
        "which {limb} would it be after mirroring",
        "imagine the mirror image. which {limb} {do} {S} use there",
        "~swap left and right: which {limb} is used then",
        "~in the mirror image, which {limb} is active",
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
        "~in the mirror image, which way {do} {S} go",
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
        "~describe what you see [here|in the clip]",
        "~write down what happens [here|in the clip]",
        "~tell me what {S} {v:do} in this clip, step by step",
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
