"""Changes of the order of statements: one moved up, or into the loop below it; one of two equal ones left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Block = list[ast.stmt]


def reordered(body: Block) -> Iterator[tuple[Block, ast.stmt, str]]:
    """What may stand in the place of a block, the statement that it is about, and what should be done, in words."""
    for i, one in enumerate(body):
        rest, said = [*body[:i], *body[i + 1 :]], _first_line(one)
        if i and ast.unparse(body[i - 1]) == ast.unparse(one):
            yield rest, one, f"the second `{said}` should go"
        if isinstance(one, ast.Assign):
            for j in reversed(range(i)):
                yield [*rest[:j], one, *rest[j:]], one, f"`{said}` should come before `{_first_line(body[j])}`"
        if i + 1 < len(body) and isinstance(below := body[i + 1], ast.For):
            loop = ast.For(below.target, below.iter, [one, *below.body], below.orelse)
            yield [*body[:i], loop, *body[i + 2 :]], one, f"`{said}` should be inside the loop below it"


def _first_line(one: ast.stmt) -> str:
    return ast.unparse(one).splitlines()[0]
