"""Jets of balls: a value and its slopes along several directions, all enclosed; what the certificate is made of.

No step size and no framework: every operation carries the derivative exactly, by the rules of differentiation. Where a
comparison decides the derivative and its sides are equal, `kinks` says which side is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from flint import arb

from verify.arithmetic import bundles
from verify.arithmetic.balls import COMPARISONS, ELEMENTWISE, POWER, Balls, _compared, _truth, product
from verify.arithmetic.bundles import Bundle, Index, slopes_at
from verify.arithmetic.duck import Duck, Unsupported
from verify.arithmetic.kind import boxed, holds
from verify.arithmetic.kinks import Kink, blend, route
from verify.arithmetic.rules import RULES, SLOPES, Moving

Array = np.ndarray[Any, Any]


class Jets(Duck):
    """A value and its slopes along K directions. They come in bundles of `counts` directions, that sum to K."""

    def __init__(
        self, value: Array, slopes: Sequence[Bundle | list[Array]], counts: Sequence[int], dtype: Any = None
    ) -> None:
        self._value, self._slopes, self.counts = value, list(slopes), tuple(counts)
        self._dtype = np.dtype(dtype or np.float64)

    @classmethod
    def of(cls, x: Balls, slopes: Sequence[Balls]) -> Jets:
        """The value `x`, moving along K directions at these rates."""
        return cls(x.parts[0], [[s.parts[0] for s in slopes]], [len(slopes)], x.dtype)

    @property
    def parts(self) -> tuple[Array, ...]:  # type: ignore[override]
        """(value, slope along direction 1, …, slope along direction K): views, and what is written there is kept."""
        shown = [self._value]
        for k, n in enumerate(self.counts):
            s = self._slopes[k]
            if s is None:
                s = self._slopes[k] = bundles.zeros((n, *self.shape))
            shown += s if isinstance(s, list) else [s[i, ...] for i in range(n)]
        return tuple(shown)

    @property
    def bundles(self) -> list[Bundle]:
        """The slopes, bundle by bundle."""
        return [np.stack(s) if isinstance(s, list) else s for s in self._slopes]

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self._value.shape
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def value(self) -> Balls:
        return Balls(self._value, self._dtype)

    @property
    def slopes(self) -> list[Balls]:
        return [Balls(s, self._dtype) for s in self.parts[1:]]

    @property
    def _weight(self) -> int:
        return 1 + sum(self.counts)

    def __repr__(self) -> str:
        return f"Jets({self._value!r}, {sum(self.counts)} slopes)"

    def _rebuild(self, parts: Sequence[Array]) -> Self:
        value, *slopes = (boxed(p) for p in parts)
        ends = np.cumsum(self.counts).tolist()
        split = [slopes[end - n : end] for end, n in zip(ends, self.counts, strict=True)]
        return type(self)(value, split, self.counts, self._dtype)

    def _raw(self, x: Any) -> Moving:
        """Value and bundles; all None for what does not move."""
        x = self._gather(x) if isinstance(x, np.ndarray) and x.dtype == object and holds(x.ravel().tolist()) else x
        if isinstance(x, Jets):
            return x._value, x.bundles
        return self.value._raw(x), [None] * len(self.counts)

    def _raised(self, *operands: Any) -> list[Moving]:
        """Values and bundles, those with as many axes as the operand that has most: they broadcast as values do."""
        pairs = [self._raw(x) for x in operands]
        ndim = max(value.ndim for value, _ in pairs)
        return [(value, [bundles.raised(s, ndim) for s in slopes]) for value, slopes in pairs]

    def _made(self, value: Any, slopes: Sequence[Bundle]) -> Self:
        value = boxed(value)
        # Copies, for an operand's own arrays may be among them, and the result may be written into.
        own = [None if (s := bundles.fitted(t, value.shape)) is None else s.copy() for t in slopes]
        return type(self)(value.copy(), own, self.counts, self._dtype)

    def _lift(self, other: Any) -> Self:
        return other if isinstance(other, type(self)) else self._made(*self._raw(other))

    def _ufunc(self, name: str, *operands: Any) -> Any:
        if name in COMPARISONS:
            return self._compares(name, *self._raised(*operands))
        if name in ("isfinite", "isnan", "isinf"):
            return getattr(np, name)(Balls(self._raw(operands[0])[0]))
        if name in ("logical_not", "invert"):
            return 1 - self._lift(operands[0])
        if name in ("logical_and", "bitwise_and", "logical_or", "bitwise_or"):
            a, b = (self._lift(x) for x in operands)
            return a * b if "and" in name else a + b - a * b
        if name in ("maximum", "minimum"):
            return self._nearer(name, *self._raised(*operands))
        if name in ("absolute", "fabs"):
            (x,) = self._raised(*operands)
            return self._nearer("maximum", x, RULES["negative"](x))
        if name == "logaddexp":
            a, b = (self._lift(x) for x in operands)
            return np.log(np.exp(a) + np.exp(b))
        if name == "sign":
            above, below = (self._lift(self._ufunc(name, operands[0], 0)) for name in ("greater", "less"))
            return above - below
        if name in ("power", "float_power"):
            return self._power(*self._raised(*operands))
        if name in RULES:
            return self._made(*RULES[name](*self._raised(*operands)))
        if name in SLOPES:
            ((x, dx),) = self._raised(*operands)
            y = boxed(ELEMENTWISE[name](x))
            slope = SLOPES[name](x, y)
            return self._made(y, [bundles.times(s, slope) for s in dx])
        raise Unsupported(f"np.{name} does not run on Jets: its derivative is not known here")

    def _sum(self, axis: tuple[int, ...]) -> Self:
        value = boxed(np.add.reduce(self._value, axis=axis, initial=bundles.ZERO))
        return self._made(value, [bundles.summed(s, axis) for s in self.bundles])

    def _matmul(self, left: Any, right: Any) -> Self:
        """d(AB) = dA·B + A·dB."""
        (a, da), (b, db) = self._raw(left), self._raw(right)
        slopes = [bundles.plus(bundles.along(s, b), bundles.behind(a, t)) for s, t in zip(da, db, strict=True)]
        return self._made(product(a, b), slopes)

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        """x where the condition holds, y elsewhere; where only a share of it does, a mixture of both."""
        (a, da), (b, db) = self._raw(x), self._raw(y)
        share = self._raw(condition)[0] if isinstance(condition, Duck) else np.asarray(condition, dtype=bool)
        shape = np.broadcast_shapes(share.shape, a.shape, b.shape)
        share = np.broadcast_to(share, shape)
        partly: dict[Index, arb] = {}
        if share.dtype == object:
            partly = {i: w for i, w in np.ndenumerate(share) if not (w.is_zero() or w == 1)}
            share = np.array([not w.is_zero() for w in share.ravel().tolist()]).reshape(shape)
        place = np.logical_not(share).astype(np.intp)

        def taken(s: Bundle, t: Bundle) -> Bundle:
            sides = bundles.side_by_side([s, t], shape)
            found = bundles.picked(sides, place)
            for i, w in partly.items():
                bundles.mix(found, i, (w, 1 - w), sides, (0, 1))
            return found

        value: Any = taken(a[None], b[None])
        return self._made(value[0, ...], [taken(s, t) for s, t in zip(da, db, strict=True)])

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Jets):
            self[...] = self._where(np.broadcast_to(index, self.shape), value, self)
        else:
            super().__setitem__(index, value)

    # --- where the derivative is decided by a comparison -------------------------------------------------------------
    def _nearer(self, name: str, x: Moving, y: Moving) -> Self:
        """max and min of two: the slope of the one that is ahead; at a tie, a mixture."""
        (a, da), (b, db) = x, y
        rivals = np.stack(np.broadcast_arrays(a, b), axis=-1)
        slopes = [bundles.side_by_side(pair, rivals.shape[:-1]) for pair in zip(da, db, strict=True)]
        return self._picked(name, rivals, slopes)

    def _extremum(self, name: str, axis: int) -> Self:
        slopes = [None if s is None else np.moveaxis(s, axis + 1, -1) for s in self.bundles]
        return self._picked(name, np.moveaxis(self._value, axis, -1), slopes)

    def _picked(self, name: str, rivals: Array, slopes: Sequence[Bundle]) -> Self:
        """Of the rivals, which lie along the last axis, the one that is ahead."""
        operation = route().operation()
        shape = rivals.shape[:-1]
        ahead = {i: _ahead(name, rivals[i], i) for i in np.ndindex(shape)}
        place = np.array([first for first, *_ in ahead.values()], dtype=np.intp).reshape(shape)
        out = [bundles.picked(s, place) for s in slopes]
        for i, tied in ahead.items():
            if len(tied) == 1:
                continue
            options = [slopes_at(slopes, self.counts, (*i, k)) for k in tied]
            if any(_differ(options[0], other) for other in options[1:]):
                weights = route().weights(Kink(name, i, len(tied), operation))
                for s, found in zip(slopes, out, strict=True):
                    bundles.mix(found, i, weights, s, tied)
        value: Any = bundles.picked(rivals[None], place)
        return self._made(value[0, ...], out)

    def _compares(self, name: str, x: Moving, y: Moving) -> Any:
        """Plain truth; where a route asks for a share of both outcomes, 0, 1 and what lies between, not moving."""
        (a, da), (b, db) = x, y
        truth = _compared(name, a, b)
        left: Any = np.broadcast_to(a, truth.shape)
        right: Any = np.broadcast_to(b, truth.shape)
        rates = [[bundles.fitted(s, truth.shape) for s in slopes] for slopes in (da, db)]
        shares: dict[Index, arb] = {}
        operation = route().operation()
        for i in np.ndindex(truth.shape):
            # What is decided, and has one midpoint, is exactly equal.
            equal = left[i].mid() == right[i].mid()
            if not equal:
                continue
            here, there = (slopes_at(slopes, self.counts, i) for slopes in rates)
            difference = [s - t for s, t in zip(here, there, strict=True)]
            if all(d.is_zero() for d in difference):
                continue
            shares[i] = _share(name, bool(truth[i]), Kink(name, i, 3, operation), difference)
            truth[i] = shares[i] == 1
        partly = {i: share for i, share in shares.items() if not (share.is_zero() or share == 1)}
        if not partly:
            return truth
        mask, still = self._raw(truth)
        for i, share in partly.items():
            mask[i] = share
        return self._made(mask, still)

    def _power(self, x: Moving, y: Moving) -> Self:
        """d(x^p) = p·x^(p−1) dx, for exponents that do not move."""
        (base, dx), (exponent, dp) = x, y
        if any(s is not None for s in dp):
            raise Unsupported("np.power with an exponent that depends on an input does not run on Jets")
        zero: Any = bundles.ZERO
        slope = np.where(_is_zero(exponent), zero, exponent * POWER(base, exponent - 1))
        return self._made(POWER(base, exponent), [bundles.times(s, slope) for s in dx])


_is_zero = np.frompyfunc(lambda x: bool(x.is_zero()), 1, 1)


def _differ(one: Sequence[arb], other: Sequence[arb]) -> bool:
    return any(not (s - t).is_zero() for s, t in zip(one, other, strict=True))


def _ahead(name: str, rivals: Array, index: tuple[int, ...]) -> list[int]:
    """The largest (or smallest), or all of them where several are exactly equal."""
    best = [0]
    for k in range(1, len(rivals)):
        if _truth("equal", rivals[k], rivals[best[0]], index):
            best.append(k)
        elif _truth("greater", rivals[k], rivals[best[0]], index) == (name == "maximum"):
            best = [k]
    return best


def _share(name: str, truth: bool, kink: Kink, difference: Sequence[arb]) -> arb:
    """How much of the outcome True is taken."""
    return arb(blend(route().sides_of(kink, difference), (arb(int(truth)), *map(arb, OUTCOMES[name]))))


# The truth of a ? b on the side where a > b, and where a < b.
OUTCOMES = {
    "greater": (1, 0), "greater_equal": (1, 0), "less": (0, 1), "less_equal": (0, 1), "equal": (0, 0),
    "not_equal": (1, 1),
}  # fmt: skip
