"""Products, matrix products and sums of what is at hand: which of them is a tensor a multiple of?

Thousands are tried in floats, on a few elements; what is near is then looked at exactly, and only that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls
from verify.diagnosis.atoms import Atom, atoms, exactly
from verify.diagnosis.expression import Expression, Factors, alike, roundabout
from verify.diagnosis.fit import CHANCE, NEAR, Fit, equal, multiple, narrow, rare
from verify.diagnosis.numbers import meanings, slightly, text

Array = np.ndarray[Any, Any]

SAMPLE = 24  # elements of a tensor that are screened
LOOKS = 24  # exact looks at what came through
PAIRS = 20000  # differences of two expressions that are looked at in floats
CLOSE = 1e-9  # how near they must be, relative to the largest element
WORK = 3e7  # multiplications in one kind of product: what is larger is tried with fewer atoms
RAW = ("itself", "activation")


@dataclass(frozen=True)
class Found:
    """The tensor looked for is `fit.factor` times this expression."""

    expression: Expression
    fit: Fit


# Expressions of one kind: which one the n-th is, and the values of all on the places that are screened.
Block = tuple[Callable[[int], Expression], Array]


class Library:
    """All expressions of one shape, by value on a few elements; `find` says which a tensor is a multiple of."""

    def __init__(
        self, at_hand: Mapping[str, Balls], shape: tuple[int, ...], upstream: str, m: int,
        plain: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.at_hand, self.shape, self.m = at_hand, shape, m
        self.atoms = list(atoms({name: x.mid() for name, x in at_hand.items()}, plain))
        self.upstream = upstream
        self.size = int(np.prod(shape))
        self.places = np.random.default_rng(0).permutation(self.size)[:SAMPLE]
        with np.errstate(all="ignore"):
            self.blocks = [*self._products(), *self._sums(), *self._matrix_products()]
        self.starts = np.cumsum([0, *(len(values) for _, values in self.blocks)])
        self.values = np.concatenate([v for _, v in self.blocks]) if self.blocks else np.zeros((0, len(self.places)))

    def __getitem__(self, n: int) -> Expression:
        block = int(np.searchsorted(self.starts, n, side="right")) - 1
        return self.blocks[block][0](n - int(self.starts[block]))

    # --- what there is ---------------------------------------------------------------------------------------------
    def _up(self, shape: tuple[int, ...]) -> list[tuple[Atom, Array]]:
        """The upstream gradient, where it has the shape."""
        return [(a, x) for a, x in self.atoms if a.tensor == self.upstream and a.kind == "itself" and x.shape == shape]

    def spread(self, shape: tuple[int, ...]) -> tuple[list[Atom], Array]:
        """The atoms that are of the shape, or spread to it."""
        found, values = [], []
        for atom, x in self.atoms:
            try:
                values.append(np.broadcast_to(x, shape))
            except ValueError:
                continue
            found.append(atom)
        return found, np.array(values).reshape(len(found), *shape)

    def _products(self) -> Iterator[Block]:
        names, A = self.spread(self.shape)
        if names:
            yield from self._powers(names, A.reshape(len(names), self.size)[:, self.places], None, self.shape)

    def _powers(
        self, names: list[Atom], A: Array, axes: tuple[int, ...] | None, wide: tuple[int, ...]
    ) -> Iterator[Block]:
        """One atom, two, and the upstream gradient with two; summed, where there are axes, if one is as wide as all."""
        shapes = {atom: x.shape for atom, x in self.atoms}
        full = np.array([axes is None or shapes[atom] == wide for atom in names])
        inner, out = ("x", "x") if axes is None else ("rc", {(0,): "c", (1,): "r", (0, 1): ""}[axes])
        one = np.einsum(f"i{inner}->i{out}", A)
        own = np.flatnonzero(full)
        yield lambda n: Expression((names[own[n]],), axes=axes), self._at(one[own], axes)
        i, j = np.triu_indices(len(names))
        wider = np.flatnonzero(full[i] | full[j])
        two = np.einsum(f"i{inner},j{inner}->ij{out}", A, A)[i, j][wider]
        yield lambda n: Expression((names[i[wider[n]]], names[j[wider[n]]]), axes=axes), self._at(two, axes)
        for atom, x in self._up(wide):
            up = x.ravel()[self.places] if axes is None else x
            three = np.einsum(f"i{inner},j{inner}->ij{out}", A * up, A)[i, j]

            def decode(n: int, atom: Atom = atom) -> Expression:
                return Expression((atom, names[i[n]], names[j[n]]), axes=axes)

            yield decode, self._at(three, axes)

    def _sums(self) -> Iterator[Block]:
        for wide in sorted({x.shape for _, x in self.atoms if x.ndim == 2 and x.size > 1}):
            for axes in ((0,), (1,), (0, 1)):
                kept = tuple(n for i, n in enumerate(wide) if i not in axes)
                keep = tuple(1 if i in axes else n for i, n in enumerate(wide))
                if self.shape in (kept, keep) and wide != self.shape:
                    names, A = self.spread(wide)
                    if len(names) ** 2 * A[0].size > WORK:
                        raw = [n for n, atom in enumerate(names) if atom.kind in RAW]
                        names, A = [names[n] for n in raw], A[raw]
                    yield from self._powers(names, A, axes, wide)

    def _at(self, x: Array, axes: tuple[int, ...] | None) -> Array:
        return x if axes is None else x.reshape(len(x), self.size)[:, self.places]

    def _matrix_products(self) -> Iterator[Block]:
        if len(self.shape) != 2:
            return
        factors = self._factors()
        plain = [(f, x) for f, x in factors if len(f) == 1 and f[0].kind in RAW]
        rich = [(f, x) for f, x in factors if len(f) > 1 or f[0].kind not in RAW]
        for lefts, rights in ((plain, plain), (rich, plain), (plain, rich)):
            for turned in ((False, False), (False, True), (True, False)):
                yield from self._multiplied(lefts, rights, turned)

    def _factors(self) -> list[tuple[Factors, Array]]:
        """Matrices: every atom, and the upstream gradient times every atom of its shape."""
        found: list[tuple[Factors, Array]] = [((a,), x) for a, x in self.atoms if x.ndim == 2 and a.kind != "turned"]
        for shape in {x.shape for _, x in found}:
            for up, x in self._up(shape):
                found += [((up, a), x * y) for a, y in self.atoms if y.shape == shape and a.tensor != up.tensor]
        return found

    def _multiplied(
        self, lefts: Sequence[tuple[Factors, Array]], rights: Sequence[tuple[Factors, Array]], turned: tuple[bool, bool]
    ) -> Iterator[Block]:
        rows, columns = self.shape
        by_inner: dict[int, tuple[list[tuple[Factors, Array]], list[tuple[Factors, Array]]]] = {}
        for side, (factors, needs) in enumerate(((lefts, rows), (rights, columns))):
            for f, x in factors:
                y = x.T if turned[side] else x
                if y.shape[side] == needs:
                    by_inner.setdefault(y.shape[1 - side], ([], []))[side].append((f, y))
        for inner, (left, right) in by_inner.items():
            if left and right and len(left) * len(right) * rows * columns * inner <= WORK:
                L, R = np.array([x for _, x in left]), np.array([x for _, x in right])
                made = np.tensordot(L, R, (2, 1)).swapaxes(1, 2).reshape(len(left) * len(right), self.size)

                def decode(n: int, left: Any = left, right: Any = right) -> Expression:
                    return Expression(left[n // len(right)][0], right[n % len(right)][0], turned=turned)

                yield decode, made[:, self.places]

    def plain(self) -> list[Atom]:
        """The tensors at hand that may stand as a term of their own."""
        return [atom for atom in self.spread(self.shape)[0] if atom.kind == "itself"]

    # --- what is looked for ----------------------------------------------------------------------------------------
    def find(self, target: Balls, looks: int = LOOKS) -> list[Found]:
        """The expressions that the target is a multiple of, the simplest first."""
        near = self._near(target.mid().ravel()[self.places])
        found = []
        plain = (e for e in map(self.__getitem__, near) if not roundabout(e))
        for expression in sorted(plain, key=lambda e: e.cost)[:looks]:
            fit = self._look(target, expression)
            if fit is not None:
                found.append(Found(expression, fit))
        return found

    def differences(self, gap: Balls) -> Iterator[tuple[Expression, Expression, bool]]:
        """Pairs of expressions whose difference, divided by m or not, is the gap; in the negative where it says so."""
        aim = gap.mid().ravel()[self.places]
        for scale in dict.fromkeys((1, self.m)):
            for one, two in self._apart(aim, scale):
                if self._differ(gap, one, two, scale):
                    yield one, two, False
                    yield two, one, True

    def _apart(self, aim: Array, scale: int) -> list[tuple[Expression, Expression]]:
        """Pairs that are alike and differ, in floats, by scale ∗ aim: at its largest element, and then at all."""
        with np.errstate(all="ignore"):
            want = aim * scale
            top = int(np.argmax(np.abs(want)))
            slack, order = abs(want[top]) * CLOSE, np.argsort(self.values[:, top])
            column = self.values[order, top]
            starts, ends = (np.searchsorted(column, column + want[top] + off) for off in (-slack, slack))
            some = np.flatnonzero(starts < ends)
            pairs = ((int(order[j]), int(order[i])) for i in some for j in range(starts[i], ends[i]))
            near = (
                (self[one], self[two])
                for one, two in islice(pairs, PAIRS)
                if np.max(np.abs(self.values[one] - self.values[two] - want)) <= slack
            )
            return list(islice((pair for pair in near if alike(*pair)), LOOKS))

    def _differ(self, gap: Balls, one: Expression, two: Expression, scale: int) -> bool:
        try:
            left = exactly(lambda at: (one.of(at, self.shape) - two.of(at, self.shape)) / scale, self.at_hand)
        except Exception:  # a comparison that is not decided, a logarithm of 0: no candidate
            return False
        return equal(gap, left, len(self.values) ** 2) is not None

    def _near(self, aim: Array) -> list[int]:
        if len(self.places) == 1:
            return self._beside(float(abs(aim[0])))
        values = self.values
        with np.errstate(all="ignore"):
            top = int(np.argmax(np.abs(aim)))
            scaled = values / values[:, top : top + 1]
            off = np.max(np.abs(scaled - aim / aim[top]), axis=1)
        return [int(n) for n in np.flatnonzero(off < NEAR)]

    def _beside(self, aim: float) -> list[int]:
        """Of a single number each expression is a multiple: those of which it is one that means something."""
        if not 0 < aim < np.inf:
            return []
        order, sizes = self.ranked
        small = [d / n for d in (1e-3, 1e-6, 1e-9, 1e-12) for n in (1, self.m)]
        found: set[int] = set()
        for c in (1.0, 2.0, 3.0, 0.5, self.m, 1 / self.m, 2 / self.m, *small):
            off = max(NEAR, 1e-15 / c)
            least, most = aim / c / (1 + off), aim / c / (1 - off) if off < 1 else np.inf
            found |= set(order[np.searchsorted(sizes, least) : np.searchsorted(sizes, most, side="right")].tolist())
        return sorted(found)

    @cached_property
    def ranked(self) -> tuple[Array, Array]:
        """The expressions of a single number by size: which they are, and the sizes."""
        sizes = np.abs(self.values[:, 0])
        order = np.argsort(sizes)
        return order, sizes[order]

    def _look(self, target: Balls, expression: Expression) -> Fit | None:
        try:
            value = exactly(lambda at: expression.of(at, self.shape), self.at_hand)
        except Exception:  # a comparison that is not decided, a logarithm of 0: no candidate
            return None
        fit = multiple(target, value)
        if fit is None:
            return None
        trials = len(self.values)
        if rare(fit.chance, trials):
            return fit
        # Of a single number there is always a factor: it must be one that means something.
        sharp = narrow(fit.factor, CHANCE / trials)
        short = "." not in text(fit.factor) and "e" not in text(fit.factor)
        small = slightly(1 + fit.factor) or slightly(1 + self.m * fit.factor)
        return fit if sharp and (short or small or meanings(fit.factor, self.m, {})) else None
