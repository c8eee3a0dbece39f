"""The mutations of a file: mutmut's operators, at every place that decides something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import libcst as cst

MODULE, LAMBDA = "<module>", "<lambda>"
# zip's strict= is an assertion about what is equally long by construction: it decides nothing, and never fires.
STRICT = re.compile(r",\s*(strict=\w+)?\s*(?=\))")


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is in, the lines before and after, and the whole source with it."""

    file: str
    owner: str
    line: int
    before: str
    after: str
    source: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What it is known by; lines are counted anew with every edit."""
        return self.file, self.owner, self.before, self.after


def mutants(path: Path, root: Path) -> list[Mutant]:
    """All mutants of a file, in its order, no two of the same source."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider

    text = path.read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text))
    module, positions = wrapper.module, wrapper.resolve(PositionProvider)
    found: dict[str, Mutant] = {}
    pieces = [module.code_for_node(statement) for statement in module.body]
    end = text.index("".join(pieces))
    # Each statement by itself: to replace a node in all of a long file takes longer than its tests.
    for statement, old in zip(module.body, pieces, strict=True):
        start, end = end, end + len(old)
        for node, owner, raised in _places(statement, ()):
            for changed in _changed(node, owner, raised):
                new = module.code_for_node(cast("cst.CSTNode", statement.deep_replace(node, changed)))
                if STRICT.sub("", new) == STRICT.sub("", old):
                    continue
                line = positions[node].start.line if node in positions else 0
                source = text[:start] + new + text[end:]
                name = (str(path.relative_to(root)), owner, line, *differing(text, source))
                found.setdefault(source, Mutant(*name, source))
    return list(found.values())


def differing(old: str, new: str) -> tuple[str, str]:
    """The lines that differ, joined and stripped.

    >>> differing("a\\n  b + c\\nd\\n", "a\\n  b - c\\nd\\n")
    ('b + c', 'b - c')
    """
    a, b = old.splitlines(), new.splitlines()
    while a and b and a[0] == b[0]:
        del a[0], b[0]
    while a and b and a[-1] == b[-1]:
        del a[-1], b[-1]
    return " ".join(x.strip() for x in a), " ".join(x.strip() for x in b)


def _places(
    node: cst.CSTNode, within: tuple[str, ...], raised: bool = False
) -> Iterator[tuple[cst.CSTNode, str, bool]]:
    """Every node with the outermost function (or method, or lambda) it stands in, and whether it is being raised.

    Annotations and names for types decide nothing; a decorator is a record (LaTeX, shapes, source), which has tests of
    its own.
    """
    import libcst as cst
    from libcst.matchers import AnnAssign, Annotation, Call, Name, matches

    if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
        return
    if matches(node, AnnAssign(annotation=Annotation(Name("TypeAlias"))) | Call(Name("TypeVar"))):
        return
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        return  # a docstring
    if not within or within[-1].startswith("class "):
        if isinstance(node, cst.ClassDef):
            within = (*within, f"class {node.name.value}")
        elif isinstance(node, cst.FunctionDef):
            within = (*within, node.name.value)
        elif isinstance(node, cst.Lambda):
            within = (*within, LAMBDA)
    names = [name.removeprefix("class ") for name in within]
    yield node, ".".join(names) if within and not within[-1].startswith("class ") else MODULE, raised
    for child in node.children:
        yield from _places(child, within, raised or isinstance(node, cst.Raise))


def _changed(node: cst.CSTNode, owner: str, raised: bool) -> Iterator[cst.CSTNode]:
    """mutmut's changes of one node; of a text only the first, of a raised sentence's plain text none."""
    from mutmut.mutation.mutators import mutation_operators, operator_assignment, operator_string

    for kind, operator in mutation_operators:
        if not isinstance(node, kind) or (operator is operator_assignment and owner == MODULE):
            continue
        changes = list(operator(node))
        if operator is operator_string:
            changes = [] if raised else changes[:1]
        yield from changes
