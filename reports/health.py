"""What the page shows of the digits kept: a small picture a formula and argument, and the worst input of each side.

The pictures are many and alike, so they are drawn here, as a few paths each: Vega takes a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, isinf, isnan, log10

from reports.figures import digits
from reports.plots import FULL
from verify.records.health import Curve, Health

SIDES = ("by hand", "sound form", "PyTorch")
DTYPES = ("float64", "float32")
# The drawing in pixels: where the axes cross, and how far they reach. Up to so many digits are shown.
LEFT, TOP, WIDTH, HEIGHT, MOST = 26, 6, 330, 112, 16
# Of the points that fall into each of so many stretches of the axis, the one with the fewest digits is drawn.
STRETCHES = 66
TICKS = {
    "both signs": ((-800, "−800"), (-100, "−100"), (-10, "−10"), (0, "0"), (10, "10"), (100, "100"), (800, "800")),
    "probability": (
        (1e-300, "1e-300"), (1e-16, "1e-16"), (0.01, "0.01"), (0.5, "½"), (0.99, "0.99"), (1 - 1e-16, "1−1e-16"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A curve as SVG has it: its side and precision, which say how it is drawn, and its path."""

    side: str
    dtype: str
    path: str


@dataclass(frozen=True)
class Worst:
    """Where a side keeps the fewest digits in a precision; empty where it keeps all of them at every input.

    `values` is what it gives there, where that shows, and at how many inputs no digit is kept.
    """

    fewest: str
    at: str
    values: str


@dataclass(frozen=True)
class Portrait:
    """One sweep: its record, its lines and ticks, in words what they show, and the worst inputs by side and dtype."""

    record: Health
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str, str], ...]
    label: str
    worst: tuple[tuple[str, tuple[Worst | None, ...]], ...]


def portraits(found: Iterable[Health]) -> tuple[Portrait, ...]:
    """A portrait a sweep, in the order of the notes."""
    return tuple(_portrait(record) for record in found)


def _portrait(record: Health) -> Portrait:
    curves = sorted(record.curves, key=lambda c: (DTYPES.index(c.dtype), SIDES.index(c.side)))
    ends = [place(x, record.scale) for curve in curves for x in (curve.x[0], curve.x[-1])]
    low, high = min(ends), max(ends)
    scale = WIDTH / (high - low)
    lines = tuple(
        Line(c.side, c.dtype, _path([((at - low) * scale, kept) for at, kept in drawn(c, record.scale)]))
        for c in curves
    )
    ticks = tuple(
        (round(LEFT + x, 1), text, "start" if x < 15 else "end" if x > WIDTH - 15 else "middle")
        for x, text in (((at - low) * scale, text) for at, text in _ticks(record.scale, low, high))
    )
    by_side = {(c.side, c.dtype): c for c in curves}
    worst = tuple(
        (side, tuple(_worst(by_side[side, dtype]) if (side, dtype) in by_side else None for dtype in DTYPES))
        for side in SIDES
        if any(c.side == side for c in curves)
    )
    kept = "; ".join(f"{c.side} in {c.dtype} at least {digits(c.fewest)}, at {c.at}" for c in curves)
    return Portrait(
        record, lines, ticks, f"Picture: digits kept of {record.quantity} against {record.varied}: {kept}", worst
    )


def place(x: float, scale: str) -> float:
    """Where a point is drawn: powers of ten from 1 on, to both sides of 0; a probability by powers of ten of its odds.

    >>> place(0.0, "both signs"), place(-9.0, "both signs"), place(0.5, "probability"), place(100.0, "log")
    (0.0, -1.0, 0.0, 2.0)
    """
    if scale == "both signs":
        return (1 if x >= 0 else -1) * log10(1 + abs(x))
    if scale == "probability":
        odds = log10(x) - log10(1 - x)
        return (1 if odds >= 0 else -1) * log10(1 + abs(odds))
    return log10(x)


def drawn(curve: Curve, scale: str) -> list[tuple[float, float]]:
    """The points that are drawn: both ends, and of each stretch the one with the fewest digits; none between equals.

    >>> flat = Curve("by hand", "float64", tuple(map(float, range(1, 999))), (15.9,) * 998, "", "", "", 15.9, 0)
    >>> len(drawn(flat, "log"))
    2
    """
    points = [(place(x, scale), d) for x, d in zip(curve.x, curve.digits, strict=True) if not isnan(d)]
    if len(points) > STRETCHES:
        width = (points[-1][0] - points[0][0]) / STRETCHES
        fewest: dict[int, tuple[float, float]] = {}
        for point in points:
            stretch = int((point[0] - points[0][0]) / width)
            fewest[stretch] = min(fewest.get(stretch, point), point, key=lambda p: p[1])
        points = list(dict.fromkeys((points[0], *fewest.values(), points[-1])))
    last = len(points) - 1
    return [p for i, p in enumerate(points) if i in (0, last) or not points[i - 1][1] == p[1] == points[i + 1][1]]


def _path(points: Iterable[tuple[float, float]]) -> str:
    found = [f"{LEFT + x:.1f} {TOP + HEIGHT * (1 - kept / MOST):.1f}" for x, kept in points]
    return ("M" + "L".join(found)).replace(".0 ", " ").replace(".0L", "L").removesuffix(".0")


def _ticks(scale: str, low: float, high: float) -> list[tuple[float, str]]:
    if scale in TICKS:
        return [(place(x, scale), text) for x, text in TICKS[scale] if low <= place(x, scale) <= high]
    first, last = ceil(low), floor(high)
    step = next(n for n in (1, 2, 4, 5, 10, 20, 50, 100, 200) if (last - first) / n <= 6)
    found = (k for k in range(first, last + 1) if k % step == 0)
    return [(k, f"{10**k:,}" if 0 <= k < 4 else f"1e{k}") for k in found]


def _worst(curve: Curve) -> Worst:
    if curve.fewest >= max(curve.digits) and digits(curve.fewest) == digits(FULL[curve.dtype]):
        return Worst(digits(curve.fewest), "", "")
    mine, exact = brief(curve.mine), brief(curve.exact)
    said = [f"{mine} for {exact}"] if mine != exact else []
    said += [f"no digit at {curve.lost} of {len(curve.x)} inputs"] if curve.lost > 1 else []
    return Worst(digits(curve.fewest), curve.at, "; ".join(said))


def brief(number: str) -> str:
    """A number to four significant digits, beyond the range of floats too.

    >>> brief("8.5330476257440643380e-17"), brief("nan"), brief("-0"), brief("37.000000000000000085"), brief("2e-350")
    ('8.533e-17', 'nan', '0', '37', '2e-350')
    """
    near = float(number)
    if (near == 0 or isinf(near)) and Decimal(number).is_finite():
        return f"{Decimal(number).normalize():.4g}".lower() if Decimal(number) else "0"
    return f"{near:.4g}"
