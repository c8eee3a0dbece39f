"""Places in a function's source, and what may stand there: a slot is changed in the tree itself, and taken back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from verify.repair.order import reordered
from verify.repair.parts import Parts, exchanged, extended, is_number
from verify.repair.small import of_expression, small
from verify.source.code import changeable

LONGEST = 80  # letters of a line that is shown whole; of a longer one the part that changes
CHOICE = "_choice"
# What is added up, multiplied, handed on or kept; an index is none of these.
KEPT = (
    ast.BinOp, ast.UnaryOp, ast.Assign, ast.AugAssign, ast.Return, ast.Call, ast.Tuple, ast.ListComp, ast.GeneratorExp,
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What should be written, and the line that it is about."""

    line: int
    words: str


Words = Callable[[], Told]


@dataclass(frozen=True)
class Slot:
    """A place in a tree: node `at` in a field of `above` (or at a place of a list there), within a statement."""

    above: ast.AST
    field: str
    place: int | None
    at: Any
    statement: ast.stmt
    index: bool = False  # within an index, a slice, or what a loop runs over

    def put(self, node: Any) -> None:
        if self.place is None:
            setattr(self.above, self.field, node)
        else:
            getattr(self.above, self.field)[self.place] = node

    @property
    def is_number(self) -> bool:
        return self.field != "func" and is_number(self.at)


def slots(tree: ast.FunctionDef) -> list[Slot]:
    """Every place of the tree at which something stands that may be changed."""
    mine = {id(node) for node in changeable(tree)}

    def below(above: ast.AST, statement: ast.stmt = tree, index: bool = False) -> Iterator[Slot]:
        for field, value in ast.iter_fields(above):
            for place, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(node, ast.AST) and id(node) in mine and not isinstance(node, ast.expr_context):
                    inside = node if isinstance(node, ast.stmt) else statement
                    counts = index or field in ("slice", "iter")
                    yield Slot(above, field, place, node, inside, counts)
                    yield from below(node, inside, counts)

    return list(below(tree))


def orders(tree: ast.FunctionDef) -> Iterator[Words]:
    """Statements in another order, to be put in words: the tree holds each change until the next."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.For)):
            body = node.body
            for other, moved, words in reordered(body):
                node.body = other
                yield partial(Told, moved.lineno, words)
                node.body = body


def simple(tree: ast.FunctionDef) -> Iterator[Words]:
    """What a place offers by itself, likewise."""
    return _each(tree, lambda slot: small(slot.at))


def turned(tree: ast.FunctionDef) -> Iterator[Words]:
    """The sign, the transpose or the square of an expression, likewise."""
    return _each(tree, lambda slot: of_expression(slot.at) if slot.is_number and not slot.index else ())


def _each(tree: ast.FunctionDef, offers: Callable[[Slot], Iterable[ast.AST]]) -> Iterator[Words]:
    for slot in slots(tree):
        for node in offers(slot):
            yield put(slot, node)
            slot.put(slot.at)


def put(slot: Slot, node: ast.AST) -> Words:
    """The change is made; what it was, in words."""
    before = _first_line(slot.statement)
    slot.put(node)

    def told() -> Told:
        after = _first_line(node if slot.at is slot.statement else slot.statement)
        parts = (before, after) if max(len(before), len(after)) <= LONGEST else map(ast.unparse, (slot.at, node))
        return Told(slot.statement.lineno, "`{}` should read `{}`".format(*parts))

    return told


def others(slot: Slot, parts: Parts, made: bool) -> list[ast.AST]:
    """What else may stand in the place of a number, or of a text that something is looked up by."""
    if slot.field == "func":
        return []
    return list(exchanged(slot.at, parts, made)) if not (made and slot.index) else []


def more(slot: Slot, parts: Parts, made: bool) -> list[ast.AST]:
    """A factor or a term more."""
    fits = isinstance(slot.above, KEPT) and slot.is_number and not slot.index
    return list(extended(slot.at, parts, made)) if fits else []


def switch(nodes: list[ast.AST], first: int = 0) -> Any:
    """One expression that is each of the nodes in turn, by the number in CHOICE: so that all are compiled at once."""
    if len(nodes) == 1:
        return nodes[0]
    half = len(nodes) // 2
    chosen = ast.parse(f"{CHOICE}[0] < {first + half}", mode="eval").body
    return ast.IfExp(chosen, switch(nodes[:half], first), switch(nodes[half:], first + half))


def _first_line(statement: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(statement)).splitlines()[0]
