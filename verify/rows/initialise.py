"""Where the parameters start: units that are equal stay equal, random ones part, and large ones stall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from manual import initialise, shallow, shallow_descent, training
from manual.activations import g_prime
from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.bounds import Bounds, budget
from verify.checks.claims import Claim, claims
from verify.row import Row, Setting

Array = np.ndarray[Any, Any]

HIDDEN = ("tanh", "sigmoid", "leaky_relu")
# n[0], n[1] and m of the steps through BLAS: sizes at which a product of matrices may take its rows differently.
SIZES = ((2, 3, 5), (3, 7, 8), (7, 4, 33), (8, 16, 64), (17, 5, 100), (31, 33, 65), (64, 20, 200), (100, 50, 129))
SMALL = 2.0**-64


def data(n0: int, m: int, seed: int) -> tuple[Array, Array]:
    """X and Y, with both labels present."""
    return np.random.default_rng([seed, 13]).standard_normal((n0, m)), (np.arange(m) % 2 * 1.0).reshape(1, m)


def four(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """W1, b1, W2, b2."""
    return tuple(parameters.values())


def by_unit(parameters: tuple[Any, ...]) -> dict[str, Any]:
    """What belongs to each hidden unit, a row a unit: its weights, its bias, and what weighs it above."""
    W1, b1, W2, _ = parameters
    return {"rows of W1": W1, "b1": b1, "columns of W2": W2.T}


def together(x: Any) -> bool:
    """The rows of balls are equal as far as the enclosures, all of them narrow, can tell."""
    return bool((x - x[:1]).upper().max() < SMALL)


def apart(x: Any) -> bool:
    """The rows of balls are surely different in every element."""
    return not overlaps(x[1:], np.broadcast_to(x[:1], x[1:].shape)).any()


def stay_equal(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic, after each of three steps: equal rows of W1, equal b1, equal columns of W2."""
    X, Y = data(2, 3, setting.seed)
    start = four(f((2, 3, 1), np.random.default_rng(setting.seed)))
    for activation in HIDDEN:
        held = []
        with precision(128):
            given = tuple(map(Balls.of, start))
            for _ in range(3):
                given = shallow_descent.descent(Balls.of(X), Y, *given, 0.5, 1, activation)
                held += [together(x) for x in by_unit(given).values()]
            moved = bool(abs(given[0] - start[0]).mid().min() > 0)
        yield Claim(f"{activation}: units equal after each step", all(held), sum(held), len(held), len(held))
        yield Claim(f"{activation}: they have moved", moved, moved, True)


def stay_equal_bit_for_bit(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In floats, unit by unit: after 1,000 steps the units of one layer hold the very same bits."""
    X, Y = data(2, 3, setting.seed)
    start = four(f((2, 3, 1), np.random.default_rng(setting.seed)))
    for activation in HIDDEN:
        ended = shallow_descent.descent_loop(X, Y, *start, np.float64(0.3), 1000, activation)
        for name, x in by_unit(ended).items():
            differ = int((x != x[:1]).sum())
            yield Claim(f"{activation}: {name} after 1,000 steps", not differ, f"{differ} differ", "0 differ", x.size)


def stay_equal_through_blas(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Vectorised, where a product of matrices may round equal rows differently: equal within their running bounds."""
    for dtype in setting.dtypes:
        for n0, n1, m in SIZES:
            X, Y = data(n0, m, setting.seed)
            start = f((n0, n1, 1), np.random.default_rng(setting.seed))
            given = tuple(x.astype(dtype) for x in (X, Y, *four(start)))
            X, Y, *parameters = map(Bounds.of, given)
            bounded = by_unit(shallow_descent.descent(X, Y, *parameters, 0.5))
            floats = by_unit(shallow_descent.descent(*given, 0.5))
            within, compared = True, 0
            for name, x in floats.items():
                limit = budget(bounded[name])
                within &= bool(np.all(np.abs(x - x[:1]) <= limit + limit[:1]) and np.isfinite(limit).all())
                compared += x.size
            unequal = int((floats["rows of W1"] != floats["rows of W1"][:1]).sum())
            about = f"{unequal} elements of W1 differ in their bits"
            quantity = f"one step, {dtype}, n[0] = {n0}, n[1] = {n1}, m = {m}"
            yield Claim(quantity, within, "within" if within else "outside", "within", compared, note=about)


def stay_equal_at_any_depth(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic, in a network of four layers, after two steps: each hidden layer is one unit many times."""
    sizes, hidden = (2, 3, 4, 2, 1), ("tanh", "tanh", "tanh", "sigmoid")
    X, Y = data(2, 3, setting.seed)
    start = f(sizes, np.random.default_rng(setting.seed))
    with precision(128):
        given = {name: Balls.of(x) for name, x in start.items()}
        _, moved = training.train(Balls.of(X), Y, given, hidden, 0.5, 2)
        for l in range(1, len(sizes) - 1):
            held = [together(x) for x in (moved[f"W{l}"], moved[f"b{l}"], moved[f"W{l + 1}"].T)]
            yield Claim(f"the units of layer {l} are equal", all(held), sum(held), 3, 3)


def part(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The counter-example: with the same equal rows of W1 below unequal columns of W2, the first step parts them."""
    X, Y = data(2, 3, setting.seed)
    equal, rows = (g((2, 3, 1), np.random.default_rng(setting.seed)) for g in (f, initialise.equal_rows))
    same = np.array_equal(equal["W1"], rows["W1"]) and np.array_equal(equal["b1"], rows["b1"])
    yield Claim("both start from the same W1 and b1", same, same, True, equal["W1"].size + equal["b1"].size)
    with precision(128):
        for name, start, want in (("equal", equal, together), ("unequal", rows, apart)):
            W1, *_ = shallow_descent.descent(Balls.of(X), Y, *map(Balls.of, four(start)), 0.5)
            gap = W1[1, 0] - W1[0, 0]
            yield Claim(f"columns of W2 {name}: the rows of W1 after a step", want(W1), gap.text(), name, W1.size)


def drawn(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """W[l] = randn(n[l], n[l−1])·0.01 in the order of the layers, and b[l] = 0: the generator's numbers, bit for bit."""
    sizes = (3, 5, 2, 1)
    for name, generator in (("RandomState", np.random.RandomState), ("default_rng", np.random.default_rng)):
        found, rng = f(sizes, generator(setting.seed)), generator(setting.seed)
        for l, (n_prev, n) in enumerate(pairwise(sizes), start=1):
            W, b = rng.standard_normal((n, n_prev)) * 0.01, np.zeros((n, 1))
            for letter, want in ((f"W{l}", W), (f"b{l}", b)):
                mine = found[letter]
                yield Claim(f"{letter}, {name}", np.array_equal(mine, want), mine.tolist(), want.tolist(), want.size)
        yield Claim(f"arrays, {name}", len(found) == 2 * (len(sizes) - 1), len(found), 2 * (len(sizes) - 1))


def breaks_the_symmetry(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic: no two units are equal at the start, nor after a step, nor is what the step adds to them."""
    X, Y = data(2, 3, setting.seed)
    with precision(128):
        start = tuple(map(Balls.of, four(f((2, 4, 1), np.random.default_rng(setting.seed)))))
        W1, *_ = shallow_descent.descent(Balls.of(X), Y, *start, 0.5)
        for name, x in (("at the start", start[0]), ("after a step", W1), ("what the step adds", W1 - start[0])):
            yield Claim(f"rows of W1 {name}", all(apart(x[i:]) for i in range(3)), x[0, 0].text(), "all different", 6)


def ring(m: int) -> tuple[Array, Array]:
    """A disc of radius 1, labelled 0, inside a ring of radii 2 to 3, labelled 1: no lines through 0 tell them apart."""
    rng = np.random.default_rng(0)
    r, turn = np.concatenate([rng.uniform(0, 1, m // 2), rng.uniform(2, 3, m // 2)]), rng.uniform(0, 2 * np.pi, m)
    return np.stack([r * np.cos(turn), r * np.sin(turn)]), np.repeat([[0.0, 1.0]], m // 2, axis=1)


def large_weights_stall(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Nine starts each, four hidden units, a disc inside a ring. With large weights a saturated unit is a line through 0
    (b = 0), and has to move. Stated beforehand: at every start the mean slope g′(Z1) is smaller with randn·10 than with
    `f`; and the median cost after 300 steps (α = 1 for tanh, 4 for σ, whose slope is a quarter) is larger.
    """
    X, Y = ring(60)
    for activation, rate in (("tanh", 1.0), ("sigmoid", 4.0)):
        slopes, costs = [], []
        for start in (f, initialise.large):
            nets = [start((2, 4, 1), np.random.default_rng(seed)) for seed in range(9)]
            Z1 = [shallow.forward(X, *four(net), activation)[0] for net in nets]
            slopes.append([float(np.mean(g_prime(activation)(z))) for z in Z1])
            ends = [training.train(X, Y, net, (activation, "sigmoid"), rate, 300)[0][-1] for net in nets]
            costs.append(float(np.median(ends)))
        steeper = sum(a > b for a, b in zip(*slopes, strict=True))
        found, want = f"{min(slopes[0]):.3g} and more", f"above {max(slopes[1]):.3g}, with randn·10 the largest"
        yield Claim(f"{activation}: mean slope at the start", steeper == 9, found, want, 9)
        want = f"below {costs[1]:.3g}, with randn·10"
        yield Claim(f"{activation}: median cost in the end", costs[0] < costs[1], f"{costs[0]:.3g}", want, 9)


def nudged(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Equal units but for one unit in the last place of one number."""
    found = initialise.equal(layer_sizes, rng)
    found["W1"][0, 0] = np.nextafter(found["W1"][0, 0], np.inf)
    return found


def other_bias(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Equal weights, but each hidden unit has a bias of its own."""
    found = initialise.equal(layer_sizes, rng)
    return found | {"b1": np.arange(1.0, layer_sizes[1] + 1).reshape(-1, 1) / layer_sizes[1]}


def scaled(factor: float) -> Callable[..., Any]:
    """randn·0.01 times a factor."""

    def twin(layer_sizes: Any, rng: Any) -> dict[str, Array]:
        return {name: x * factor for name, x in initialise.random(layer_sizes, rng).items()}

    return twin


def uniform(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Numbers of another distribution."""
    return {name: 0.01 * rng.uniform(size=x.shape) for name, x in initialise.zeros(layer_sizes).items()}


# fmt: off
ROWS = (
    Row(
        initialise.equal,
        {
            "exactly": claims("exact", stay_equal),
            "bit for bit": claims("exact", stay_equal_bit_for_bit),
            "through BLAS": claims("exact", stay_equal_through_blas),
            "at any depth": claims("exact", stay_equal_at_any_depth),
            "counter-example": claims("counter-example", part),
        },
        {
            "equal rows of W1 below unequal columns of W2": ("exactly", initialise.equal_rows),
            "a bias for each unit": ("exactly", other_bias),
            "one unit in the last place": ("bit for bit", nudged),
            "equal rows of W1 alone, in floats": ("bit for bit", initialise.equal_rows),
            "equal rows of W1 alone, through BLAS": ("through BLAS", initialise.equal_rows),
            "equal units in the first layer only": ("at any depth", initialise.equal_rows),
            "every unit drawn for itself": ("counter-example", initialise.course),
        },
    ),
    Row(
        initialise.random,
        {
            "value": claims("exact", drawn),
            "breaks the symmetry": claims("exact", breaks_the_symmetry),
            "large weights stall": claims("experiment", large_weights_stall),
        },
        {
            "0.01 missing": ("value", scaled(100)),
            "not normal": ("value", uniform),
            "all zero": ("breaks the symmetry", lambda layer_sizes, rng: initialise.zeros(layer_sizes)),
            "equal units": ("breaks the symmetry", initialise.equal),
            "large weights": ("large weights stall", scaled(1000)),
        },
    ),
)
# fmt: on
