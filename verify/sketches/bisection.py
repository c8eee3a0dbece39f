"""Bisection: from a block of parameters that is wrong along a direction to the elements that are.

A residual is a sum over the parameters, so that of a block is that of its two halves together: where it is outside its
budget, halves are read until single elements are left, at most 2k·log₂P readings for k wrong elements among P.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verify.oracles.residual import Reading
from verify.sketches.vectors import Block

Read = Callable[[Block], Reading]
Found = tuple[Block, Reading]

MOST = 16  # wrong blocks side by side; where there are more, it is no matter of single elements


@dataclass(frozen=True)
class Search:
    """What was found: single elements; blocks that are wrong while neither half is; and where it was broken off.

    `crowd` are the wrong blocks when there were more than MOST, `tried` the blocks that were read beside them.
    """

    elements: tuple[Found, ...] = ()
    unsplit: tuple[Found, ...] = ()
    crowd: tuple[Found, ...] = ()
    tried: tuple[Block, ...] = ()


def halves(block: Block) -> tuple[Block, Block]:
    """
    >>> halves((3, 8))
    ((3, 5), (5, 8))
    """
    start, stop = block
    return (start, (start + stop) // 2), ((start + stop) // 2, stop)


def search(read: Read, wrong: list[Found]) -> Search:
    """The wrong elements of blocks that are known to be wrong, level by level."""
    elements: list[Found] = []
    unsplit: list[Found] = []
    tried = [block for block, _ in wrong]
    while wrong:
        if len(wrong) > MOST:
            return Search(tuple(elements), tuple(unsplit), tuple(wrong), tuple(tried))
        elements += [found for found in wrong if _single(found[0])]
        split = [found for found in wrong if not _single(found[0])]
        tried, wrong = [], []
        for found in split:
            parts = [(half, read(half)) for half in halves(found[0])]
            outside = [part for part in parts if part[1].outside]
            unsplit += [] if outside else [found]
            tried += [half for half, _ in parts]
            wrong += outside
    return Search(tuple(elements), tuple(unsplit))


def worst(read: Read, found: Found) -> Found:
    """The element, or the smallest block, that one comes to by always taking the half that is more wrong."""
    while not _single(found[0]):
        parts = [(half, read(half)) for half in halves(found[0])]
        outside = [part for part in parts if part[1].outside]
        if not outside:
            break
        found = max(outside, key=lambda part: abs(part[1].residual))
    return found


def culprit(bad: Callable[[Block], bool], block: Block) -> Block:
    """From a bad block down to the element that makes it so; where both halves are bad, it is no matter of elements."""
    while not _single(block):
        halves_that_are = [half for half in halves(block) if bad(half)]
        if len(halves_that_are) != 1:
            break
        block = halves_that_are[0]
    return block


def _single(block: Block) -> bool:
    return block[1] - block[0] == 1
