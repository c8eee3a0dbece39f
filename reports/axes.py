"""Scales of pictures: linear or logarithmic, with ticks that stay few, and a place for 0 where logarithms have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, inf, log10
from typing import Any

import altair as alt

PLAIN = "format(datum.value, '~g')"
POWERS = "format(datum.value, datum.value < 0.001 ? '~e' : '~g')"


@dataclass(frozen=True)
class Axis:
    """One scale, from `low` to `high`. A logarithmic one shows 0 at its foot, `low`, where it has a 0 to show."""

    low: float
    high: float
    log: bool
    zero: bool = False

    def place(self, value: float) -> float:
        """Where a value is drawn: 0 at the foot, and what is beyond the upper edge at that edge."""
        return self.low if self.zero and value == 0 else min(value, self.high)

    @property
    def ticks(self) -> list[float]:
        """The ticks of a logarithmic scale: the foot and powers of ten, six at most; where they are few, 2s and 5s too.

        >>> Axis(3e-18, 2.0, log=True, zero=True).ticks
        [3e-18, 1e-15, 1e-12, 1e-09, 1e-06, 0.001, 1.0]
        >>> Axis(0.3, 20.0, log=True).ticks
        [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
        """
        first, last = ceil(log10(self.low)) + self.zero, floor(log10(self.high))
        step = max(1, ceil((last - first + 1) / 6))
        found = [float(f"1e{k}") for k in range(last, first - 1, -step)][::-1]
        if len(found) < 3:
            least = float(f"1e{first}") if self.zero else self.low
            fine = [float(f"{n}e{k}") for k in range(first - 1, last + 1) for n in (1, 2, 5)]
            found = [tick for tick in fine if least <= tick <= self.high]
        return [self.low, *found] if self.zero else found

    def scale(self) -> alt.Scale:
        domain = [self.low, self.high]
        return alt.Scale(type="log", domain=domain, nice=False) if self.log else alt.Scale(domain=domain, zero=False)

    def axis(self, title: str, words: str = "", **chosen: Any) -> alt.Axis:
        """The axis in words: `words` is Vega's expression for the text of a tick."""
        words = words or (POWERS if self.log else PLAIN)
        if self.zero:
            words = f"datum.value < {2 * self.low!r} ? '0' : {words}"
        chosen |= {"values": self.ticks} if self.log else {"tickCount": 4}
        return alt.Axis(title=title, labelExpr=words, titleLimit=320, **chosen)


def axis_of(values: Iterable[float], log: bool, top: float = inf) -> Axis:
    """The scale that shows these values, those above `top` apart."""
    found = list(values)
    high = min(max(found), top)
    if not log:
        return Axis(min(found), high, log)
    low = min((v for v in found if v > 0), default=high or 1.0)
    zero = 0 in found
    # Below the smallest number there is room of two decades for the 0.
    return Axis(10.0 ** (floor(log10(low)) - 2) if zero else low, max(high, low), log, zero)
