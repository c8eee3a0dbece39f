"""Changes of the order of statements: one moved up, or into the loop below it; one of two that are the same left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Block = list[ast.stmt]


def reordered(body: Block) -> Iterator[tuple[Block, str]]:
    """What may stand in the place of a block, and what was done in words: "once …"."""
    for i, one in enumerate(body):
        rest, said = [*body[:i], *body[i + 1 :]], _first_line(one)
        if i and ast.unparse(body[i - 1]) == ast.unparse(one):
            yield rest, f"the second `{said}` is left out"
        if isinstance(one, ast.Assign):
            for j in range(i):
                yield [*rest[:j], one, *rest[j:]], f"`{said}` comes before `{_first_line(body[j])}`"
        if i + 1 < len(body) and isinstance(below := body[i + 1], ast.For):
            loop = ast.For(below.target, below.iter, [one, *below.body], below.orelse)
            yield [*body[:i], loop, *body[i + 2 :]], f"`{said}` is inside the loop below it"


def _first_line(one: ast.stmt) -> str:
    return ast.unparse(one).splitlines()[0]
