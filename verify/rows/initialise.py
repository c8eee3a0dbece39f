"""Where the parameters start: units that are equal stay equal, random ones part, and large ones stall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from manual import initialise, training
from manual.notation import Layers
from verify.arithmetic.balls import SHARP, Balls, overlaps
from verify.checks.claims import Claim, claims
from verify.checks.experiment import experiment
from verify.experiments.saturation import large_weights_stall
from verify.experiments.symmetry import HIDDEN, after_a_step, by_unit, data, descend, units_stay_equal, within
from verify.row import Row
from verify.setting import Setting

Array = np.ndarray[Any, Any]

# n[0], n[1] and m of the steps through BLAS: sizes at which a product of matrices may take its rows differently.
SIZES = ((2, 3, 5), (3, 7, 8), (7, 4, 33), (8, 16, 64), (17, 5, 100), (31, 33, 65), (64, 20, 200), (100, 50, 129))
NAMES = ["W1", "b1", "W2", "b2", "W3", "b3"]


def balls(parameters: Mapping[str, Array]) -> Layers:
    return {name: Balls.of(x) for name, x in parameters.items()}


def together(x: Any) -> bool:
    """The rows of balls are equal as far as the enclosures, all of them narrow, can tell."""
    return bool((x - x[:1]).upper().max() < SHARP)


def apart(x: Any) -> bool:
    """The rows of balls are surely different in every element."""
    first = Balls.of(np.zeros(x[1:].shape)) + x[:1]
    return not overlaps(x[1:], first).any()


def stay_equal(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic, after each of three steps: equal rows of W1, equal b1, equal columns of W2."""
    X, Y = data(2, 3, setting.seed)
    start = f((2, 3, 1), np.random.default_rng(setting.seed))
    for activation in HIDDEN:
        held = []
        moved = balls(start)
        for _ in range(3):
            moved = descend(Balls.of(X), Y, moved, 1, activation)
            held += [together(x) for x in by_unit(moved).values()]
        before, after = Balls.of(start["W1"]), moved["W1"]
        found, want = (f"W1[0, 0] = {x.text()}" for x in (after, before))
        at = f"m = {Y.size}"
        yield Claim(f"{activation}: units equal after each step", all(held), sum(held), len(held), len(held), at)
        far = apart(np.stack([before, after]))
        yield Claim(f"{activation}: they have moved", far, found, f"not {want}", before.size)


def stay_equal_through_blas(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Vectorised, where a product of matrices may round equal rows differently: equal within their running bounds."""
    for dtype in setting.dtypes:
        for n0, n1, m in SIZES:
            start = {k: x.astype(dtype) for k, x in f((n0, n1, 1), np.random.default_rng(setting.seed)).items()}
            X, Y = (x.astype(dtype) for x in data(n0, m, setting.seed))
            moved = after_a_step(X, Y, start, "tanh")
            held = within(moved)
            gaps = moved["rows of W1"][0]
            about = f"{np.count_nonzero(gaps)} elements of W1 differ in their bits"
            quantity = f"one step, {gaps.dtype}, n[0] = {n0}, n[1] = {n1}, m = {m}"
            compared = sum(far.size for far, _ in moved.values())
            yield Claim(quantity, held, "within" if held else "outside", "within", compared, note=about)


def stay_equal_at_any_depth(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic, in a network of four layers, after two steps: each hidden layer is one unit many times."""
    sizes, hidden = (2, 3, 4, 2, 1), ("tanh", "tanh", "tanh", "sigmoid")
    X, Y = data(2, 3, setting.seed)
    start = f(sizes, np.random.default_rng(setting.seed))
    rate, steps = 0.5, 2
    _, moved = training.train(Balls.of(X), Y, balls(start), hidden, rate, steps)
    at = f"m = {Y.size}, {steps} steps, α = {rate}"
    for l in range(1, len(sizes) - 1):
        held = [together(x) for x in (moved[f"W{l}"], moved[f"b{l}"], moved[f"W{l + 1}"].T)]
        yield Claim(f"the units of layer {l} are equal", all(held), sum(held), 3, 3, at)


def part(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The counter-example: with the same equal rows of W1 below unequal columns of W2, the first step parts them."""
    X, Y = data(2, 3, setting.seed)
    equal, rows = (g((2, 3, 1), np.random.default_rng(setting.seed)) for g in (f, initialise.equal_rows))
    for name in ("W1", "b1"):
        mine, want = equal[name], rows[name]
        same = np.array_equal(mine, want)
        yield Claim(f"both start from the same {name}", same, same, True, want.size, arrays=(mine, want))
    for name, start, want in (("equal", equal, together), ("unequal", rows, apart)):
        W1 = descend(Balls.of(X), Y, balls(start))["W1"]
        gap = W1[1, 0] - W1[0, 0]
        yield Claim(f"columns of W2 {name}: the rows of W1 after a step", want(W1), gap.text(), name, W1.size)


def drawn(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """W[l] = randn(n[l], n[l−1])·0.01, layer by layer, and b[l] = 0: the generator's own numbers, bit for bit."""
    sizes = (3, 5, 2, 1)
    for name, generator in (("RandomState", np.random.RandomState), ("default_rng", np.random.default_rng)):
        found, rng = f(sizes, generator(setting.seed)), generator(setting.seed)
        yield Claim(f"arrays, {name}", list(found) == NAMES, ", ".join(found), ", ".join(NAMES), len(NAMES))
        for l, (n_prev, n) in enumerate(pairwise(sizes), start=1):
            W, b = rng.standard_normal((n, n_prev)) * 0.01, np.zeros((n, 1))
            for letter, want in ((f"W{l}", W), (f"b{l}", b)):
                mine = found[letter]
                right = int((mine == want).sum()) if mine.shape == want.shape else 0
                about = f"{want.size} elements of shape {want.shape}"
                yield Claim(
                    f"{letter}, {name}", right == want.size, f"{right} equal", about, want.size, arrays=(mine, want)
                )


def breaks_the_symmetry(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In exact arithmetic: no two units are equal at the start, nor after a step, nor is what the step adds to them."""
    X, Y = data(2, 3, setting.seed)
    start = balls(f((2, 4, 1), np.random.default_rng(setting.seed)))
    before, after = start["W1"], descend(Balls.of(X), Y, start)["W1"]
    for name, x in (("at the start", before), ("after a step", after), ("added by the step", after - before)):
        different = sum(apart(x[[i, j]]) for i, j in combinations(range(len(x)), 2))
        found, at = f"{different} pairs differ", f"m = {Y.size}"
        yield Claim(f"rows of W1 {name}", different == 6, found, "6 pairs differ", 6, at)


def nudged(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Equal units but for one unit in the last place of one number."""
    found = initialise.equal(layer_sizes, rng)
    corner = found["W1"][:1, :1]
    corner[...] = np.nextafter(corner, np.inf)
    return found


def other_bias(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Equal weights, but each hidden unit has a bias of its own."""
    found = initialise.equal(layer_sizes, rng)
    return found | {"b1": rng.standard_normal((layer_sizes[1], 1))}


def negative(start: Callable[..., Layers]) -> Callable[..., Any]:
    """The start with all signs changed."""

    def twin(layer_sizes: Any, rng: Any) -> dict[str, Array]:
        return {name: -x for name, x in start(layer_sizes, rng).items()}

    return twin


def transposed(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """W as (n[l−1], n[l]), b as a row."""
    return {name: x.T for name, x in initialise.random(layer_sizes, rng).items()}


def W2_zero(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Units that differ, and stay where they are: the second layer sees none of them."""
    return {**initialise.random(layer_sizes, rng), "W2": initialise.zeros(layer_sizes)["W2"]}


def uniform(layer_sizes: Any, rng: Any) -> dict[str, Array]:
    """Numbers of another distribution."""
    return {name: rng.uniform(size=x.shape) for name, x in initialise.zeros(layer_sizes).items()}


ROWS = (
    Row(
        initialise.equal,
        {
            "exactly": claims("exact", stay_equal),
            "bit for bit": experiment(
                "exact",
                units_stay_equal,
                title="Equal units stay equal",
                x_label="step",
                y_label="largest gap between rows of W1",
                log="y",
                columns=3,
            ),
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
            "the wrong sign": ("counter-example", negative(initialise.equal)),
        },
    ),
    Row(
        initialise.random,
        {
            "value": claims("exact", drawn),
            "breaks the symmetry": claims("exact", breaks_the_symmetry),
            "large weights stall": experiment(
                "experiment",
                large_weights_stall,
                title="Large weights stall",
                x_label="step",
                log="y",
            ),
        },
        {
            "10 for 0.01": ("value", initialise.large),
            "−0.01 for 0.01": ("value", negative(initialise.random)),
            "transposed": ("value", transposed),
            "not normal": ("value", uniform),
            "all zero": ("breaks the symmetry", lambda layer_sizes, rng: initialise.zeros(layer_sizes)),
            "equal units": ("breaks the symmetry", initialise.equal),
            "nothing flows back": ("breaks the symmetry", W2_zero),
            "large weights": ("large weights stall", initialise.large),
        },
    ),
)
