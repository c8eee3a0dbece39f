"""A mutant put into code that is already imported: the functions keep their identity and get another body."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from importlib.machinery import SourceFileLoader
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any


def living(path: Path) -> list[FunctionType]:
    """Every function there is that was written in the file at `path`: in modules, classes, closures and tables."""
    functions = [x for x in gc.get_objects() if type(x) is FunctionType]  # isinstance would ask lazy proxies
    return [function for function in functions if function.__code__.co_filename == str(path)]


def put(old: str, new: str, path: Path, functions: Iterable[FunctionType]) -> int:
    """Each of the functions that differs between the two sources gets its new body; how many, or 0 where one cannot."""
    before, after = (compile(source, str(path), "exec", dont_inherit=True) for source in (old, new))
    changes = dict(_pairs(before, after))
    changed = [function for function in functions if function.__code__ in changes]
    try:
        for function in changed:
            function.__code__ = changes[function.__code__]
    except ValueError:  # it closes over other names now
        return 0
    return len(changed)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Each piece of code that differs, with what it becomes, from the outside inwards."""
    if old == new:
        return
    yield old, new
    inner = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    for x, y in zip_longest(*inner):
        if x is not None and y is not None and x.co_name == y.co_name:
            yield from _pairs(x, y)


def serve(source: str, path: Path) -> None:
    """From now on, whoever imports the file at `path` gets this source."""
    get_code = SourceFileLoader.get_code

    def changed(self: SourceFileLoader, fullname: str) -> Any:
        if Path(self.path) == path:
            return compile(source, str(path), "exec", dont_inherit=True)
        return get_code(self, fullname)

    SourceFileLoader.get_code = changed  # type: ignore[assignment,method-assign]
