"""A small grammar that turns patterns into sentences.

A pattern is text with ``{slots}`` and ``[choices|of|text]``, nested as needed. A choice after ``~``
is held out: it appears only in held-out wordings. Slots look up the context; those below agree
with its person and tense.

    {S} the man   {O} him, the man   {P} he   {their} his   {them} him
    {do} does/do/did   {is} is/are/was/were   {has} has/have/had
    {v:perform} verb agreeing with S; {p:perform} with P
    {tdo} {t:last} the same for things    {X} act as a bare infinitive (wave)
    {X.p} with P (waves)   {X.s} with S   {X.ing}   {X.past}   a final 0: plainest surface only
    {X.the} the wave   {X.a} a wave   {X.n} wave   {X.ns} waves
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from llamo.data.phrases import Phrase, countable, inflect, past, plural, third_person

Token = str | tuple  # text, ("slot", name), ("choice", (patterns, held_out_patterns))


@dataclass(frozen=True)
class Person:
    """How a question speaks of the person: subject, pronoun, number."""

    subject: str
    pronoun: str
    possessive: str
    objective: str
    reflexive: str
    plural: bool = False


def _people(names: str, pronoun: str) -> tuple[Person, ...]:
    forms = {
        "he": ("his", "him", "himself", False),
        "she": ("her", "her", "herself", False),
        "they": ("their", "them", "themselves", True),
        "it": ("its", "it", "itself", False),
    }[pronoun]
    return tuple(Person(name, pronoun, *forms) for name in names.split(";"))


PEOPLE: tuple[Person, ...] = (
    *_people("the person;the person;the person;the person;he;he;someone;the man;the subject;"
             "this person;the figure;the human;the actor;the guy;the one moving;the patient;"
             "the trainee;my client;the fellow;this athlete;the student;my partner;"
             "the gentleman;the pupil;the volunteer;this sportsman;the child;"
             "my colleague;the partaker", "he"),
    *_people("she;the woman;the athlete;the person;the girl;this woman;the subject;the patient;"
             "my friend;the dancer;the gymnast;this partner;the sportswoman;the teammate;my sister;"
             "the youngster", "she"),
    *_people("they;they", "they"),
    *_people("the figure;this figure;the skeleton;the body;the avatar;the stick figure", "it"),
)  # fmt: skip
HELD_PEOPLE: tuple[Person, ...] = (
    *_people("the performer;this individual;the boy;the participant;this man;the mover", "he"),
    *_people("the lady;the player;the individual", "she"),
    *_people("the character", "it"),
    *_people("they", "they"),
)
TENSES = ("present", "present", "present", "past")


class Wording:
    """The choices one question makes: person, tense, surfaces of its phrases; then renders."""

    def __init__(self, r: random.Random, held_out: bool = False, **phrases: Phrase | str):
        self.r = r
        self.held_out = held_out
        self.person = r.choice(HELD_PEOPLE if held_out and r.random() < 0.6 else PEOPLE)
        self.past = r.choice(TENSES) == "past"
        self.they = self.person.pronoun != "they" and (
            self.person.subject.startswith(("the person", "someone", "this person"))
            and r.random() < 0.5  # after "the person" many people go on with "they"
        )
        self.phrases = phrases

    def render(self, pattern: str) -> str:
        """The sentence of a pattern, without capital and noise."""
        return self._tokens(compile_pattern(pattern))

    def _tokens(self, tokens: tuple[Token, ...]) -> str:
        out = []
        for token in tokens:
            if isinstance(token, str):
                out.append(token)
            elif token[0] == "slot":
                out.append(self._slot(token[1]))
            else:
                seen, held = token[1]
                pool = held if held and self.held_out and self.r.random() < 0.7 else seen
                out.append(self._tokens(self.r.choice(pool or held)))
        return "".join(out)

    def _finite(self, surface: str, plural_subject: bool) -> str:
        form = "past" if self.past else ("inf" if plural_subject else "third")
        return inflect(surface, form)

    def _slot(self, name: str) -> str:
        person = self.person
        many = person.plural
        clause_many = many or self.they
        match name:
            case "S":
                return person.subject
            case "S's":
                own = person.subject == person.pronoun
                return person.possessive if own else f"{person.subject}'s"
            case "O":
                return person.objective if person.subject == person.pronoun else person.subject
            case "P":
                return "they" if self.they else person.pronoun
            case "their":
                return "their" if self.they else person.possessive
            case "them":
                return "them" if self.they else person.objective
            case "themself":
                return "themselves" if self.they else person.reflexive
            case "do":
                return "did" if self.past else ("do" if many else "does")
            case "pdo":
                return "did" if self.past else ("do" if clause_many else "does")
            case "is":
                return ("were" if many else "was") if self.past else ("are" if many else "is")
            case "pis":
                if self.past:
                    return "were" if clause_many else "was"
                return "are" if clause_many else "is"
            case "tdo":  # of things, not of the person
                return "did" if self.past else "does"
            case "be":
                return "was" if self.past else "is"
            case "has":
                return "had" if self.past else ("have" if many else "has")
            case "phas":
                return "had" if self.past else ("have" if clause_many else "has")
        head, _, tail = name.partition(":")
        if tail:
            if head == "v":
                return self._verb(tail, many)
            if head == "p":
                return self._verb(tail, clause_many)
            return self._verb(tail, head == "ts")  # of things: t singular, ts plural
        head, _, tail = name.partition(".")
        value = self.phrases[head]
        if isinstance(value, str):
            return self.render(value) if "{" in value or "[" in value else value
        return self._phrase(value, tail)

    def _verb(self, verb: str, many: bool) -> str:
        if self.past:
            return past(verb)
        return verb if many else third_person(verb)

    def _phrase(self, phrase: Phrase, form: str) -> str:
        if form in ("the", "a", "n", "ns"):
            noun = self._pick(phrase.nouns, phrase.held_nouns)
            if form in ("a", "ns") and not countable(noun):
                noun = next((n for n in phrase.nouns if countable(n)), "")
                if not noun:  # "lying down" has no plural
                    return self._phrase(phrase, "ing")
            if form == "the":
                return f"the {noun}"
            if form == "a":
                return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
            return plural(noun) if form == "ns" else noun
        if form.endswith("0"):  # the plainest surface: "which hand does he wave with"
            surface, form = phrase.verbs[0], form[:-1]
        else:
            surface = self._pick(phrase.verbs, phrase.held_verbs)
        if form == "":
            text = inflect(surface, "inf")
        elif form == "ing":
            text = inflect(surface, "ing")
        elif form == "past":
            text = inflect(surface, "past")
        else:
            many = self.person.plural or (form == "p" and self.they)
            text = self._finite(surface, many)
        if "{" in text:
            text = text.replace("{their}", self._slot("their"))
            text = text.replace("{themself}", self._slot("themself"))
        return text

    def _pick(self, seen: tuple[str, ...], held: tuple[str, ...]) -> str:
        if held and self.held_out and self.r.random() < 0.35:
            return self.r.choice(held)
        # the plainest surface is the one most people use
        return seen[0] if self.r.random() < 0.4 else self.r.choice(seen)


@cache
def compile_pattern(pattern: str) -> tuple[Token, ...]:
    """Parse a pattern once; patterns are constants, so the cache stays small."""
    tokens, end = _parse(pattern, 0, top=True)
    assert end == len(pattern), pattern
    return tokens


def _parse(text: str, at: int, top: bool) -> tuple[tuple[Token, ...], int]:
    tokens: list[Token] = []
    literal = ""

    def flush() -> None:
        nonlocal literal
        if literal:
            tokens.append(literal)
            literal = ""

    while at < len(text):
        char = text[at]
        if char == "{":
            close = text.index("}", at)
            flush()
            tokens.append(("slot", text[at + 1 : close]))
            at = close + 1
        elif char == "[":
            flush()
            choice, at = _parse_choice(text, at + 1)
            tokens.append(choice)
        elif char in "|]" and not top:
            break
        else:
            literal += char
            at += 1
    flush()
    return tuple(tokens), at


def _parse_choice(text: str, at: int) -> tuple[Token, int]:
    seen: list[tuple[Token, ...]] = []
    held: list[tuple[Token, ...]] = []
    while True:
        target = seen
        if text[at : at + 1] == "~":
            target, at = held, at + 1
        tokens, at = _parse(text, at, top=False)
        target.append(tokens)
        if text[at] == "]":
            return ("choice", (tuple(seen), tuple(held))), at + 1
        at += 1
