"""A function's syntax tree, the helpers that it calls, and a changed tree as a function in its place."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import CodeType, FunctionType
from typing import Any

DEEPEST = 3  # the function, the helpers that it calls, and theirs: training_curve calls train, which calls descend
Chain = tuple[Any, ...]

_NUMBER = count()


def has_source(x: Any) -> bool:
    """A function with a name and a body of its own; of a lambda only the line that it stands in is known."""
    return isinstance(x, FunctionType) and x.__name__ != "<lambda>" and not hasattr(x, "__wrapped__")


def chains(
    function: Any, is_helper: Callable[[Any], bool], deepest: int = DEEPEST, above: Chain = ()
) -> Iterator[Chain]:
    """The function alone; the function and a helper that it calls; the two and a helper of that."""
    chain = (*above, function)
    yield chain
    if len(chain) < deepest:
        for name in dict.fromkeys(_names(function.__code__)):
            helper = function.__globals__.get(name)
            if has_source(helper) and is_helper(helper) and helper not in chain:
                yield from chains(helper, is_helper, deepest, chain)


def _names(code: CodeType) -> list[str]:
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return [*code.co_names, *inner]


def tree_of(function: Any) -> ast.FunctionDef:
    """The function's syntax tree without decorators, docstring and annotations; lines as in its file.

    Raises OSError or TypeError where its source is not to be had.
    """
    lines, first = inspect.getsourcelines(function)
    found = ast.parse(textwrap.dedent("".join(lines))).body[0]
    if not isinstance(found, ast.FunctionDef):
        raise TypeError(f"{function.__name__} is no plain function")
    ast.increment_lineno(found, first - 1)
    found.decorator_list, found.returns = [], None
    for arg in ast.walk(found.args):
        if isinstance(arg, ast.arg):
            arg.annotation = None
    if ast.get_docstring(found) is not None and len(found.body) > 1:
        found.body = found.body[1:]
    return found


def changeable(tree: ast.FunctionDef) -> list[ast.AST]:
    """Its nodes, but for what is no part of the formula: checks of the arguments, sentences, default values."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        is_check = (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).split(".")[-1].startswith("check_")
        )
        refuses = isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise)
        if is_check or refuses or isinstance(node, (ast.Raise, ast.Assert, ast.arguments)):
            left_out |= {id(below) for below in ast.walk(node)}
    return [node for node in ast.walk(tree) if id(node) not in left_out]


def bound(chain: Chain, changed: ast.FunctionDef, extra: Mapping[str, Any] = {}, file: str = "<changed>") -> Any:
    """The first of the chain, calling the changed function in the place of the last.

    What the last took from a function around it keeps the value that it has now; `extra` holds what the tree writes
    and the module may not know.
    """
    last = chain[-1]
    cells = zip(last.__code__.co_freevars, last.__closure__ or (), strict=True)
    around = {name: cell.cell_contents for name, cell in cells}
    space = {**extra, **last.__globals__, **around}
    exec(compile(ast.Module([changed], []), file, "exec"), space)
    made = space[last.__name__]
    made.__defaults__, made.__kwdefaults__ = last.__defaults__, last.__kwdefaults__
    for caller, called in zip(chain[-2::-1], chain[:0:-1], strict=True):
        space = {**caller.__globals__, called.__name__: made}
        above = FunctionType(caller.__code__, space, argdefs=caller.__defaults__, closure=caller.__closure__)
        above.__kwdefaults__ = caller.__kwdefaults__
        made = above
    return made


def readable(chain: Chain, changed: ast.FunctionDef, extra: Mapping[str, Any] = {}) -> Any:
    """The same, with a source that can be read as that of any function can."""
    text = ast.unparse(changed)
    file = f"<changed {next(_NUMBER)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    written = ast.parse(text).body[0]
    assert isinstance(written, ast.FunctionDef)
    return bound(chain, written, extra, file)
