"""How to ask which side, which body part, and which direction."""

from __future__ import annotations

from llamo.data.wording_query import Query

SIDE = Query(  # presupposes one side; answered "left hand", "right leg", ...
    direct=(
        "which {limb} {do} {S} use",
        "which {limb} {is} {S} using",
        "what {limb} {do} {S} use",
        "which {limb} {t:move}",
        "which {limb} {is} {S} moving",
        "with which {limb} {do} {S} [do it|do this|move|act]",
        "which {limb} {be} [active|used|in use|moving|at work]",
        "which {limb} {t:do} the [work|action|movement]",
        "which of the two {limbs} {do} {S} [use|move]",
        "which {limb} [does the motion use|is it]",
        "{S} {v:use} which {limb}",
        "{S} {v:move} [which|what] {limb}",
        "which {limb} {be} [the active one|doing it]",
        "~which {limb} {be} {S} [acting|working] with",
        "~what {limb} {be} involved",
        "~by which {limb} {be} this done",
    ),
    embedded=(
        "which {limb} {S} {v:use}",
        "which {limb} {t:move}",
        "what {limb} {S} {is} using",
        "which {limb} {be} [used|active]",
        "~which {limb} {be} at work",
    ),
    nominal=(
        "the {limb} {S} {v:use}",
        "the {limb} that {t:move}",
        "the active {limb}",
        "the {limb} [used|in use]",
        "~the {limb} involved",
    ),
)

SIDE_ACT = Query(  # the same, naming the act
    direct=(
        "which {limb} {do} {S} use to {X}",
        "which {limb} {do} {S} {X.0} with",
        "with which {limb} {do} {S} {X.0}",
        "which {limb} {is} {S} {X.ing0} with",
        "what {limb} {do} {S} use [for {X.the}|when {X.ing}|while {X.ing}]",
        "which {limb} {t:do} {X.the}",
        "{X.the} {be} done with which {limb}",
        "when {P} {X.p}, which {limb} {pdo} {P} use",
        "{S} {X.s}. [which {limb}|with which {limb}|with what {limb}]",
        "which {limb} {be} used [to {X}|for {X.the}]",
        "which of the two {limbs} {do} {S} {X.0} with",
        "{S} {v:use} which {limb} to {X}",
        "~which {limb} {t:perform} {X.the}",
        "~using which {limb} {do} {S} {X.0}",
        "~what {limb} {be} involved in {X.the}",
    ),
    embedded=(
        "which {limb} {S} {v:use} to {X}",
        "with which {limb} {S} {X.s0}",
        "which {limb} {S} {X.s0} with",
        "~which {limb} {be} involved in {X.the}",
    ),
    nominal=(
        "the {limb} {S} {v:use} to {X}",
        "the {limb} {S} {X.s0} with",
        "the {limb} used for {X.the}",
        "~the {limb} that {t:do} {X.the}",
    ),
)

LEFT_RIGHT = Query(  # presupposes one side; answered "left" or "right"
    direct=(
        "{do} {S} use the left or the right {limb}",
        "{do} {S} use {their} left or [|{their} ]right {limb}",
        "left or right: which {limb} {t:move}",
        "{be} it the left or the right {limb}",
        "{be} the left or the right {limb} [used|moving|active]",
        "which side {do} {S} [use|move]",
        "on which side {do} {S} move the {limb}",
        "{is} {S} using the left or right {limb}",
        "which {limb} {be} it, left or right",
        "[right {limb} or left {limb}|left {limb} or right {limb}]",
        "{do} {S} move the right {limb} or the left [one|{limb}]",
        "the left {limb} or the right {limb}",
        "~{be} it {S's} left or right {limb} that {t:act}",
        "~which of them {do} {S} use, the left {limb} or the right {limb}",
    ),
    embedded=(
        "whether {S} {v:use} the left or the right {limb}",
        "if it {be} the left or the right {limb}",
        "which side {S} {v:use}",
        "whether the left or the right {limb} {t:move}",
        "~on which side the {limb} {t:act}",
    ),
    nominal=("the side of the {limb} {S} {v:use}", "~the side of the active {limb}"),
)

SIDE_OR_BOTH = Query(  # allows "both hands"
    direct=(
        "which {limb} or {limbs} {do} {S} use",
        "{do} {S} use the left {limb}, the right {limb} or both",
        "{do} {S} use one {limb} or both, and which",
        "which {limb} {t:move}: left, right or both",
        "left {limb}, right {limb} or both {limbs}",
        "which {limb}(s) {do} {S} use",
        "{do} {S} move the left {limb}, the right {limb} or both {limbs}",
        "with which {limb} or {limbs} {do} {S} [do this|move]",
        "one {limb} or both {limbs}: which",
        "~which {limb}, or {be} it both, {be} in use",
        "~{be} both {limbs} involved, or only one, and which one",
    ),
    embedded=(
        "which {limb} or {limbs} {S} {v:use}",
        "whether {S} {v:use} the left {limb}, the right {limb} or both",
        "~which of the {limbs} {be} involved, or if both",
    ),
    nominal=("the {limb} or {limbs} {S} {v:use}", "~the {limb} or {limbs} involved"),
)

DIRECTION = Query(
    direct=(
        "[which|what] direction {do} {S} [move|go|head] in",
        "in [which|what] direction {do} {S} [move|go|head]",
        "[which|what] direction {do} {S} [move|go|head|take]",
        "which way {do} {S} [move|go|head]",
        "where {do} {S} [move|go|head]",
        "in [which|what] direction {is} {S} [moving|going|heading]",
        "which way {is} {S} [moving|going|heading]",
        "{S} {v:move} in [which|what] direction",
        "what {be} the direction of [travel|movement|the motion]",
        "[which|what] direction {be} the [movement|motion] [in|going]",
        "{do} {S} move forward, backwards, left or right",
        "[to which side|towards where] {do} {S} move",
        "~what way {do} {S} travel",
        "~to which direction {do} {S} go",
        "~what direction {is} {S} heading to",
    ),
    embedded=(
        "which direction {S} {v:move} [in|]",
        "in [which|what] direction {S} {v:move}",
        "which way {S} {v:go}",
        "where {S} {is} [going|heading]",
        "~what way {S} {v:travel}",
    ),
    nominal=(
        "the direction {S} {v:move} in",
        "the direction of [movement|travel|the motion]",
        "the direction",
        "~the way {S} {v:go}",
    ),
)

DIRECTION_ACT = Query(
    direct=(
        "[which|what] direction {do} {S} {X.0} in",
        "in [which|what] direction {do} {S} {X.0}",
        "which way {do} {S} {X.0}",
        "where {do} {S} {X.0} to",
        "in [which|what] direction {is} {S} {X.ing0}",
        "which way {is} {S} {X.ing0}",
        "{S} {X.s0} in [which|what] direction",
        "what {be} the direction of {X.the}",
        "{do} {S} {X.0} forward, backwards, left or right",
        "{S} {X.s0}. [in which direction|which way|where to]",
        "~what way {t:go} {X.the}",
        "~where {do} {S} head when {X.ing0}",
    ),
    embedded=(
        "which direction {S} {X.s0} in",
        "which way {S} {X.s0}",
        "~where {X.the} {t:lead}",
    ),
    nominal=(
        "the direction {S} {X.s0} in",
        "the direction of {X.the}",
        "~the way {S} {X.s0}",
    ),
)

BODY_PART = Query(
    direct=(
        "[what|which] body part {do} {S} use",
        "[what|which] part of the body {do} {S} [use|move]",
        "[what|which] body part {is} {S} [using|moving]",
        "which limb {do} {S} [use|move]",
        "with which [body part|limb] {do} {S} [do it|move|act]",
        "[what|which] part of {their} body {do} {S} [use|move]",
        "[what|which] body part {be} [used|active|moving]",
        "[what|which] body part {t:move}",
        "{S} {v:use} [what|which] body part",
        "which limb {be} [in use|active|the active one]",
        "[what|which] body part {do} {S} do it with",
        "~which part of the body {be} at work",
        "~what part of {their} body {do} {S} do it with",
        "~what body part {be} involved",
    ),
    embedded=(
        "[what|which] body part {S} {v:use}",
        "which part of the body {S} {v:move}",
        "which limb {S} {v:use}",
        "~which part of the body {be} in use",
    ),
    nominal=(
        "the body part {S} {v:use}",
        "the body part [used|in use|that {t:move}]",
        "the limb {S} {v:use}",
        "~the part of the body {S} {v:use}",
    ),
)

RAISE = Query(  # which hand, arm or leg goes up
    direct=(
        "which {limb} {do} {S} [raise|lift|put up]",
        "what {limb} {do} {S} [raise|lift]",
        "which {limb} {is} {S} [raising|lifting]",
        "which {limb} {t:go} up",
        "which {limb} {be} [raised|lifted]",
        "{S} {v:raise} which {limb}",
        "which of the two {limbs} {do} {S} [raise|lift]",
        "which {limb} {do} {S} hold up",
        "~which {limb} {t:rise}",
        "~what {limb} {be} brought up",
    ),
    embedded=("which {limb} {S} {v:raise}", "which {limb} {t:go} up", "~which {limb} {t:rise}"),
    nominal=("the {limb} {S} {v:raise}", "the raised {limb}", "~the {limb} that {t:rise}"),
)
