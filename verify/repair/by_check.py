"""A changed formula tried by the check that it failed, where that compares no results with right ones: it must pass."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from verify.repair.search import SECONDS, Function, Repair, Trial, search


def mended(function: Function, failure: Callable[[Function], Hashable], seconds: float = SECONDS) -> list[Repair]:
    """The changes of the function's source with which the check passes.

    `failure(function)` is what the check finds first, and None where it passes; it may raise.
    """

    def found(function: Function) -> Hashable:
        try:
            return failure(function)
        except Exception as error:  # a changed formula may raise anything
            return repr(error)

    def passes(function: Function) -> bool:
        return found(function) is None

    wrong = found(function)
    return search(function, Trial(lambda f: found(f) == wrong, passes, passes, lambda _: True), seconds)
