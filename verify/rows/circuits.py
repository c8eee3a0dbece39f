"""Circuit theory: three nets for parity, over all their inputs, and the units that each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import ceil, log2
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from manual import circuits
from verify.checks.claims import Claim, claims
from verify.row import Row
from verify.setting import Setting

Array = np.ndarray[Any, Any]

MOST = 10  # inputs, where all 2ⁿ columns are tried
COUNTED = (*range(2, 17), 32, 64)  # inputs, where the units are counted on one column
TERMS = 6  # inputs, where all 3ⁿ ANDs of inputs and negated inputs are tried


class Traced(NDArrayOperatorsMixin):
    """Columns of 0s and 1s that keep what every layer of units makes of them: `layers`, one array a layer."""

    def __init__(self, value: Array, layers: list[Array]) -> None:
        self.value, self.layers, self.shape = value, layers, value.shape

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Traced:
        return Traced(getattr(ufunc, method)(*map(_plain, inputs), **kwargs), self.layers)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Traced:
        found = function(*map(_plain, args), **kwargs)
        if function is np.where:  # where a layer of threshold units decides who fires
            self.layers.append(found)
        return Traced(found, self.layers)

    def __getitem__(self, index: Any) -> Traced:
        return Traced(self.value[index], self.layers)


def _plain(x: Any) -> Any:
    return [*map(_plain, x)] if isinstance(x, list) else x.value if isinstance(x, Traced) else x


def everything(n: int) -> Array:
    """All 2ⁿ inputs, a column each."""
    return np.array(list(product((0.0, 1.0), repeat=n))).T


def layers(f: Callable[..., Any], x: Array) -> list[Array]:
    """What each layer of the net makes of x, from the net that `f` really runs."""
    kept: list[Array] = []
    f(Traced(x, kept))
    return kept


def widths(f: Callable[..., Any], n: int) -> list[int]:
    """The numbers of units, layer by layer, of the net for n inputs."""
    return [len(a) for a in layers(f, np.ones((n, 1)))]


def parity(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The output is 1 exactly where the number of ones is odd, for every one of the 2ⁿ inputs."""
    for n in range(1, MOST + 1):
        x = everything(n).astype(setting.dtypes[n % len(setting.dtypes)])
        found, want = f(x), x.sum(axis=0, keepdims=True) % 2
        right = int((found == want).sum()) if found.shape == want.shape else 0
        about = (f"{right} inputs right", f"{2**n} inputs right", 2**n)
        yield Claim(f"x₁ ⊕ … ⊕ x_n, n = {n}", right == 2**n, *about, arrays=(found, want))


def tree_units(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """2⌈log₂ n⌉ layers, and not more than 3(n−1) units and one more a layer: O(log n) layers and O(n) units.

    Ends at the first n with too many: a wrong net may have exponentially many at the next.
    """
    for n in COUNTED:
        units, levels = widths(f, n), 2 * ceil(log2(n))
        most = 3 * (n - 1) + levels
        right = len(units) == levels and sum(units) <= most
        found = f"{len(units)} layers, {sum(units)} units"
        yield Claim(f"size, n = {n}", right, found, f"{levels} layers, at most {most} units", 2)
        if not right:
            return


def and_units(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """One hidden layer of 2^(n−1) units, each of which fires for a single one of the 2ⁿ inputs, as an AND of n does."""
    for n in range(1, MOST + 1):
        hidden, output = layers(f, everything(n))
        single = int((hidden.sum(axis=1) == 1).sum())
        right = single == len(hidden) == 2 ** (n - 1) and len(output) == 1
        found, want = f"{len(hidden)} units, {single} of them ANDs", f"{2 ** (n - 1)} units, all of them ANDs"
        yield Claim(f"hidden layer, n = {n}", right, found, want, len(hidden))


def every_and(x: Array) -> Iterator[Array]:
    """Where each of the 3ⁿ ANDs of inputs and negated inputs is 1: at one column or more."""
    for term in product((0.0, 1.0, None), repeat=len(x)):
        held = [x[i] == t for i, t in enumerate(term) if t is not None]
        yield np.all(held, axis=0) & np.ones(x.shape[1], dtype=bool)


def fewest_and_units(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """No fewer would do: of all 3ⁿ ANDs, those that are never 1 where the output is 0 are 1 for a single input each.

    The OR of them must be 1 for 2^(n−1) inputs, so it takes 2^(n−1) of them.
    """
    for n in range(1, TERMS + 1):
        x = everything(n)
        ones = f(x)[0] == 1
        most = max(int(fires.sum()) for fires in every_and(x) if not (fires & ~ones).any())
        needed = ceil(int(ones.sum()) / most)
        about = f"{int(ones.sum())} inputs with output 1, at most {most} of them by one AND"
        yield Claim(f"AND units needed, n = {n}", needed == 2 ** (n - 1), needed, 2 ** (n - 1), 3**n, note=about)


def weighted_units(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """One hidden layer of n units. Ends at the first n with another number."""
    for n in COUNTED:
        units = widths(f, n)
        yield Claim(f"units of each layer, n = {n}", units == [n, 1], units, [n, 1], 2)
        if units != [n, 1]:
            return


def no_gap(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """No exponential gap: one hidden layer does parity, and from n = 3 on with fewer units than of AND gates."""
    for n in range(3, MOST + 1):
        (hidden, _), (ands, _) = widths(f, n), widths(circuits.and_units, n)
        yield Claim(f"hidden units, n = {n}", hidden < ands, hidden, f"fewer than {ands}")


def miswired(net: Callable[[int], circuits.Net], layer: int) -> Callable[..., Any]:
    """The net with the sign of one wire wrong."""

    def twin(x: Any) -> Any:
        wrong = [(W.copy(), b) for W, b in net(x.shape[0])]
        if wrong:
            W = wrong[layer][0]
            W[0, 0] = -W[0, 0]
        return circuits.run(tuple(wrong), x)

    return twin


def one_twice(x: Any) -> Any:
    """A right net of AND units, the last of which stands there twice."""
    (W, b), (above, c) = circuits.and_units_net(x.shape[0])
    hidden = np.concatenate([W, W[-1:]]), np.concatenate([b, b[-1:]])
    return circuits.run((hidden, (np.hstack([above, above[:, -1:]]), c)), x)


def one_higher(x: Any) -> Any:
    """The net of weighted sums with every threshold too high by one."""
    (W, b), above = circuits.weighted_net(x.shape[0])
    return circuits.run(((W, b - 1), above), x)


def chain(x: Any) -> Any:
    """A right net that is too deep: x₁ ⊕ x₂ first, then one input more at a time."""
    result = x[:1]
    for i in range(1, x.shape[0]):
        result = circuits.xor_tree(np.concatenate([result, x[i : i + 1]]))
    return result


def any_of(x: Any) -> Any:
    """One unit: 1 where any input is 1."""
    return circuits.run(((np.ones((1, x.shape[0]), dtype=np.int8), np.zeros((1, 1), dtype=np.int8)),), x)


ROWS = (
    Row(
        circuits.xor_tree,
        {"construction": claims("enumeration", parity), "units": claims("enumeration", tree_units)},
        {
            "OR for XOR": ("construction", any_of),
            "one wire's sign in the first layer": ("construction", miswired(circuits.xor_tree_net, 0)),
            "one wire's sign in the last layer": ("construction", miswired(circuits.xor_tree_net, -1)),
            "right, with exponentially many units": ("units", circuits.and_units),
            "a chain of XOR blocks, as deep as n": ("units", chain),
        },
    ),
    Row(
        circuits.and_units,
        {
            "construction": claims("enumeration", parity),
            "units": claims("enumeration", and_units),
            "units needed": claims("enumeration", fewest_and_units),
        },
        {
            "one wire's sign": ("construction", miswired(circuits.and_units_net, 0)),
            "even for odd": ("construction", lambda x: 1 - circuits.and_units(x)),
            "right, with weighted sums for ANDs": ("units", circuits.weighted),
            "a unit too many": ("units", one_twice),
            "OR for XOR": ("units needed", any_of),
        },
    ),
    Row(
        circuits.weighted,
        {
            "construction": claims("enumeration", parity),
            "units": claims("enumeration", weighted_units),
            "no exponential gap": claims("counter-example", no_gap),
        },
        {
            "one wire's sign": ("construction", miswired(circuits.weighted_net, 1)),
            "thresholds one too high": ("construction", one_higher),
            "right, with exponentially many units": ("units", circuits.and_units),
            "AND units": ("no exponential gap", circuits.and_units),
        },
    ),
)
