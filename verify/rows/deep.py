"""A deep network: its notation and shapes, its blocks forwards and backwards, its descent, its hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from manual import blocks, deep, initialise, losses, training
from manual.activations import ACTIVATIONS, g, g_prime, sigmoid
from reference_torch import blocks as block_definitions
from reference_torch import deep as definitions
from reference_torch import losses as loss_definitions
from reference_torch import training as steps
from reference_torch.activations import ACTIVATIONS as DEFINED
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.value import value
from verify.planar import flower
from verify.row import Row, Setting, Written
from verify.rows.points import A_EDGES, KINK, Z_EDGES, renamed

NET = "X: n0 m, W1: n1 n0, b1: n1 1, W2: n2 n1, b2: n2 1, W3: n3 n2, b3: n3 1"
MIXED = ("leaky_relu", "tanh", "sigmoid")
LAYER = "A_prev: p m, W: n p, b: n 1"
CHAIN = "W_next: q n, dZ_next: q m, Z: n m"
TWO = "W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1"
GRADS = "dW1: n1 n0, db1: n1 1, dW2: 1 n1, db2: 1 1"
AY = {"A": "probability", "Y": "label"}
RATE = {"learning_rate": "positive"}
SLOPES = ("sigmoid", "tanh", "relu", "leaky_relu")
NETWORKS = ((deep.DRAWN, 7), ((2, 4, 1), 6), ((6, 1), 1), ((7, 5, 3, 2, 1), 4))


# --- notation and shapes -------------------------------------------------------------------------------------------
def network(sizes: Sequence[int], m: int) -> tuple[Any, Any, dict[str, Any], tuple[str, ...]]:
    """X, Y, parameters and activations of a network of these sizes."""
    rng = np.random.default_rng(0)
    names = ("tanh",) * (len(sizes) - 2) + ("sigmoid",)
    return rng.normal(size=(sizes[0], m)), np.arange(m).reshape(1, -1) % 2, initialise.course(sizes, rng), names


def drawn(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The network that the notes draw: n[0] = 3, n[1] = n[2] = 5, n[3] = 3, n[4] = 1, of four layers."""
    found, want = f(deep.DRAWN), {"L": 4, "n0": 3, "n1": 5, "n2": 5, "n3": 3, "n4": 1}
    yield Claim("names", set(found) == set(want), ", ".join(found), ", ".join(want), len(want))
    for name, number in want.items():
        yield Claim(name, found[name] == number, found[name], number)


def counted(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """L layers are passed; a[0] is x; layer l has n[l] rows; ŷ is a[L]: read off real passes."""
    for sizes, m in NETWORKS:
        found, (X, _, parameters, names) = f(sizes), network(sizes, m)
        AL, caches = deep.forward(X, parameters, names)
        L, at = found["L"], f"n = {sizes}"
        yield Claim("L", len(caches) == L, L, len(caches), at=at)
        rows = [caches[0].A_prev.shape[0], *(cache.Z.shape[0] for cache in caches)]
        units = [found[f"n{l}"] for l in range(L + 1)]
        yield Claim("n[0], ..., n[L]", units == rows, units, rows, len(rows), at=at)
        same = caches[0].A_prev is X and AL.shape[0] == found[f"n{L}"]
        yield Claim("a[0] = x and ŷ = a[L]", same, same, True, 2, at=at)


def of_a_pass(sizes: Sequence[int], m: int) -> dict[str, tuple[int, ...]]:
    """The shapes of all arrays of a pass forwards and backwards, by name."""
    X, Y, parameters, names = network(sizes, m)
    AL, caches = deep.forward(X, parameters, names)
    found = {**parameters, **deep.backward(AL, Y, caches), f"A{len(caches)}": AL}
    found |= {f"Z{l}": cache.Z for l, cache in enumerate(caches, start=1)}
    found |= {f"A{l}": cache.A_prev for l, cache in enumerate(caches[1:], start=1)}
    return {name: x.shape for name, x in found.items()}


def shapes_of_a_pass(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """All arrays of a real pass have the shapes that are stated, and no other array is stated."""
    for sizes, m in NETWORKS:
        found, want = f(sizes, m), of_a_pass(sizes, m)
        wrong = [name for name in {**want, **found} if found.get(name) != want.get(name)]
        first = f"{wrong[0]}: {found.get(wrong[0])}" if wrong else f"{len(found)} shapes"
        claimed = f"{wrong[0]}: {want.get(wrong[0])}" if wrong else f"{len(want)} shapes"
        yield Claim("shapes", not wrong, first, claimed, len(want), at=f"n = {tuple(sizes)}, m = {m}")


def refused(f: Callable[..., Any], *args: Any) -> str:
    """What ValueError says, or nothing."""
    try:
        f(*args)
    except ValueError as error:
        return str(error)
    return ""


def wrong_shapes_are_found(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Parameters of the stated shapes pass; one of another shape is refused in a sentence that names the two shapes."""
    sizes, m = (4, 5, 3, 1), 6
    X, Y, _, names = network(sizes, m)
    stated = f(sizes, m)
    right = {name: np.ones(stated[name]) for l in (1, 2, 3) for name in (f"W{l}", f"b{l}")}
    said = refused(deep.forward, X, right, names)
    yield Claim("the stated shapes", not said, said or "accepted", "accepted", len(right))
    for name, x in right.items():
        below = "X" if name == "W1" else f"W{int(name[1]) - (name[0] == 'W')}"
        other = X.shape if below == "X" else right[below].shape
        for change, wrong in (("transposed", x.T), ("a row and a column more", np.pad(x, (0, 1)))):
            if wrong.shape == x.shape:
                continue
            said = refused(deep.forward, X, right | {name: wrong}, names)
            both = str(wrong.shape) in said and str(other) in said and name in said and below in said
            yield Claim(f"{name} {change}", both, said or "accepted", f"refused: {name} {wrong.shape}, {below} {other}")
    AL, caches = deep.forward(X, right, names)
    said = refused(deep.backward, AL, Y.T, caches)
    yield Claim("Y transposed", str(Y.T.shape) in said and str(AL.shape) in said, said or "accepted", "refused")


def restated(which: Callable[[str], bool], shape: Callable[[tuple[int, int], int], Any]) -> Callable[..., Any]:
    """The shapes, some of which are stated otherwise: those of the names `which`, as `shape(shape, m)`."""

    def twin(layer_sizes: Sequence[int], m: int) -> dict[str, Any]:
        return {name: shape(s, m) if which(name) else s for name, s in deep.shapes(layer_sizes, m).items()}

    return twin


# --- forwards ------------------------------------------------------------------------------------------------------
def passed(f: Callable[..., Any], X: Any, **parameters: Any) -> dict[str, Any]:
    """Z1, A1, ..., ZL, AL by name, of a pass by `f` with a g of its own in each layer."""
    AL, caches = f(X, parameters, MIXED)
    found = {f"Z{l}": cache.Z for l, cache in enumerate(caches, start=1)}
    return found | {f"A{l}": cache.A_prev for l, cache in enumerate(caches[1:], start=1)} | {f"A{len(caches)}": AL}


def by_blocks(block: Callable[..., Any]) -> Callable[..., Any]:
    """A forward pass made of these blocks."""

    def twin(X: Any, parameters: Any, activations: Sequence[str]) -> Any:
        A, caches = X, []
        for l, activation in enumerate(activations, start=1):
            A, cache = block(A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
            caches.append(cache)
        return A, caches

    return twin


def b_after_g(A_prev: Any, W: Any, b: Any, activation: str) -> Any:
    Z = W @ A_prev
    return g(activation)(Z) + b, blocks.Cache(A_prev, W, b, Z, activation)


def forward_checks(other: Callable[..., Any]) -> dict[str, Any]:
    """All Z and A: against the definition, and against the other way of passing."""
    return {
        "value": value(NET, lambda X, **p: definitions.forward(X, p, MIXED), call=passed),
        "identity": identity(NET, passed, lambda f, X, **p: passed(other, X, **p)),
    }


def block(f: Callable[..., Any], A_prev: Any, W: Any, b: Any) -> dict[str, Any]:
    """A of one layer for every g, and the Z that is kept."""
    made = {activation: f(A_prev, W, b, activation) for activation in ACTIVATIONS}
    return {f"A, {name}": A for name, (A, _) in made.items()} | {"Z": made["linear"][1].Z}


def defined_block(A_prev: Any, W: Any, b: Any) -> dict[str, Any]:
    made = {activation: block_definitions.block_forward(A_prev, W, b, activation) for activation in DEFINED}
    return {f"A, {name}": A for name, (A, _) in made.items()} | {"Z": made["linear"][1]}


def layer() -> tuple[Any, Any, Any]:
    """A[l−1], W[l] and b[l] for m = 6, n[l−1] = 4, n[l] = 3."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 6)), rng.normal(size=(3, 4)), rng.normal(size=(3, 1))


def keeps(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In: a[l−1]. Out: a[l] = g(z[l]), and a cache: z[l], the very arrays a[l−1], W[l] and b[l], the name of g[l]."""
    given = dict(zip(("A_prev", "W", "b"), layer(), strict=True))
    A, cache = f(**given, activation="tanh")
    yield Claim("A", A.shape == (3, 6), A.shape, (3, 6))
    for name, x in given.items():
        kept = getattr(cache, name)
        yield Claim(f"the cache's {name}", kept is x, "the same" if kept is x else "another", "the same")
    Z = given["W"] @ given["A_prev"] + given["b"]
    for name, mine, want in (("the cache's Z", cache.Z, Z), ("A, g of the cache's Z", A, np.tanh(cache.Z))):
        same = np.array_equal(mine, want)
        yield Claim(name, same, mine.tolist()[0], want.tolist()[0], want.size)
    yield Claim("the cache's g", cache.activation == "tanh", cache.activation, "tanh")


def caching(**other: str) -> Callable[..., Any]:
    """A forward block whose cache holds other arrays under some names: `caching(Z="A")` keeps A for Z."""

    def twin(A_prev: Any, W: Any, b: Any, activation: str) -> Any:
        A, cache = blocks.block_forward(A_prev, W, b, activation)
        at = {"A_prev": A_prev, "A": A, "Z": cache.Z}
        return A, replace(cache, **{name: at[kept] for name, kept in other.items()})

    return twin


# --- backwards -----------------------------------------------------------------------------------------------------
def back(f: Callable[..., Any], dout: Any, A_prev: Any, W: Any, b: Any) -> Any:
    """dA[l−1], dW[l], db[l] from the cache that the forward block leaves."""
    return f(dout, blocks.block_forward(A_prev, W, b, "tanh")[1])


def layer_forward(A_prev: Any, W: Any, b: Any) -> Any:
    return blocks.block_forward(A_prev, W, b, "tanh")[0]


def layer_definition(A_prev: Any, W: Any, b: Any) -> Any:
    return block_definitions.block_forward(A_prev, W, b, "tanh")[0]


def gives_back(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In: da[l] and the cache. Out: da[l−1], dW[l], db[l], in this order, each of the shape of what it belongs to."""
    A_prev, W, b = layer()
    dA = np.random.default_rng(1).normal(size=(3, 6))
    kept = [x.copy() for x in (dA, A_prev, W, b)]
    _, cache = blocks.block_forward(A_prev, W, b, "tanh")
    found = f(dA, cache)
    yield Claim("arrays that come out", len(found) == 3, len(found), 3)
    dZ = blocks.dZ(dA, cache.Z, "tanh")
    wanted = {"dA_prev": blocks.dA_prev(W, dZ), "dW": blocks.dW(dZ, A_prev), "db": blocks.db(dZ)}
    for (name, want), like, mine in zip(wanted.items(), (A_prev, W, b), found, strict=True):
        yield Claim(f"the shape of {name}", mine.shape == like.shape, mine.shape, like.shape)
        same = np.array_equal(mine, want)
        yield Claim(f"{name}, by its own formula", same, mine.tolist()[0], want.tolist()[0], want.size)
    same = all(np.array_equal(x, y) for x, y in zip(kept, (dA, A_prev, W, b), strict=True))
    yield Claim("what went in is left as it was", same, same, True, 4)


def changed(change: Callable[..., Any]) -> Callable[..., Any]:
    """The backward block with what it gives back changed: `change(dA_prev, dW, db, m)`."""
    return lambda dA, cache: change(*blocks.block_backward(dA, cache), dA.shape[1])


def slope_of_A(dA: Any, cache: blocks.Cache) -> Any:
    """The backward block with g′ taken of A, not of Z."""
    return blocks.block_backward(dA, replace(cache, Z=g(cache.activation)(cache.Z)))


def slope_left_out(dA: Any, cache: blocks.Cache) -> Any:
    """The backward block with dA in the place of dZ."""
    return blocks.dA_prev(cache.W, dA), blocks.dW(dA, cache.A_prev), blocks.db(dA)


def slope_checks() -> dict[str, Any]:
    """dZ for each g of the notes; where g has a kink, there too."""
    return {
        activation: derivative(
            "Z: n m", "Z", lambda Z, name=activation: g(name)(Z),
            lambda f, dout, Z, name=activation: f(dout, Z, name),
            lambda Z, name=activation: DEFINED[name](Z),
            edges=renamed(KINK, True, z="Z") if "relu" in activation else None,
        )
        for activation in SLOPES
    }  # fmt: skip


def chain_checks() -> dict[str, Any]:
    """dZ[l] from dZ[l+1], with and without a kink in g[l]."""
    return {
        activation: derivative(
            "W_next: q n, Z: n m", "Z", lambda W_next, Z, name=activation: W_next @ g(name)(Z),
            lambda f, dout, W_next, Z, name=activation: f(W_next, dout, Z, name),
            lambda W_next, Z, name=activation: W_next @ DEFINED[name](Z),
        )
        for activation in ("tanh", "relu")
    }  # fmt: skip


def columns(x: Any) -> Iterator[Any]:
    """One example after another."""
    return (x[:, i : i + 1] for i in range(x.shape[1]))


# --- descent and hyperparameters -----------------------------------------------------------------------------------
def split(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and gradients, told apart by their names."""
    return {k: x for k, x in given.items() if k[0] != "d"}, {k: x for k, x in given.items() if k[0] == "d"}


def trained(f: Callable[..., Any], X: Any, Y: Any, learning_rate: Any, **parameters: Any) -> dict[str, Any]:
    """Three steps by `f`: the parameters in the end, and the costs before each step and after the last."""
    found, names = {}, ("tanh", "sigmoid")
    for step in range(4):
        AL, caches = deep.forward(X, parameters, names)
        found[f"J{step}"] = losses.cost_sound(caches[-1].Z, Y)
        if step < 3:
            parameters = f(parameters, deep.backward(AL, Y, caches, sound=True), learning_rate)
    return {**parameters, **found}


def defined_training(X: Any, Y: Any, learning_rate: Any, **parameters: Any) -> dict[str, Any]:
    costs, moved = steps.train(X, Y, parameters, ("tanh", "sigmoid"), learning_rate, 3)
    return moved | {f"J{step}": J for step, J in enumerate(costs)}


def only(which: Callable[[str], bool]) -> Callable[..., Any]:
    """The step, which moves some of the parameters and leaves the others where they are."""

    def twin(parameters: Any, grads: Any, learning_rate: Any) -> dict[str, Any]:
        moved = training.descent(parameters, grads, learning_rate)
        return {name: moved[name] if which(name) else 1 * x for name, x in parameters.items()}

    return twin


def training_repeats_the_step(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """`training.train` is forward, backward and this step, repeated: the same costs and parameters, bit for bit."""
    X, Y, parameters, names = network((3, 4, 1), 6)
    costs, moved = training.train(X, Y, parameters, names, 0.5, 3)
    loop = trained(f, X, Y, 0.5, **parameters)
    for name, x in {**moved, **{f"J{step}": J for step, J in enumerate(costs)}}.items():
        yield Claim(name, np.array_equal(x, loop[name]), np.ravel(loop[name])[0], np.ravel(x)[0], np.size(x))


def a_curve_is_its_training(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """A cost before and after every step, from the course's start, bit for bit; on a grid, one such curve a point."""
    X, Y = flower(40, seed=1)
    hiddens, activations, rates = [(), (3,), (4, 2)], ["tanh", "relu"], [0.5, 0.05]
    rngs = [np.random.default_rng(i) for i in range(12)]
    grid = training.training_curves(X, Y, hiddens, activations, rates, 5, rngs)
    yield Claim("points of the grid", len(grid) == 12, len(grid), 12)
    for i, ((hidden, name, rate), curve) in enumerate(grid.items()):
        found = f(X, Y, hidden, name, rate, 5, np.random.default_rng(i))
        start = initialise.course((2, *hidden, 1), np.random.default_rng(i))
        want, _ = training.train(X, Y, start, (name,) * len(hidden) + ("sigmoid",), rate, 5)
        same = list(found) == want == curve
        at = f"{hidden}, {name}, α = {rate}"
        yield Claim("the curve", same, f"ends at {found[-1]}", f"ends at {want[-1]}", 6, at)


def effects(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Six hyperparameters tried on the planar flower (200 points, three seeds): their effect on the final cost.

    Stated beforehand, of the median over the seeds after 200 steps of α = 1 with four tanh units: it is smaller than
    after 20 steps, than with α = 0.01, than with no hidden layer, than with one unit, and than with g(z) = z; it is
    larger than with a second hidden layer of four. And α = 30 is too large: the cost rises at some step, at every seed.
    """
    X, Y = flower(200, seed=1)

    def curves(hidden: tuple[int, ...] = (4,), activation: str = "tanh", rate: float = 1.0) -> Any:
        with np.errstate(all="ignore"):  # a rate too large may well end in infinity
            return np.array([f(X, Y, hidden, activation, rate, 200, np.random.default_rng(seed)) for seed in range(3)])

    middle = np.median(curves(), axis=0)
    base = float(middle[-1])
    others = {
        "iterations: after 20, not 200": float(middle[20]),
        "α = 0.01, not 1": float(np.median(curves(rate=0.01)[:, -1])),
        "L = 1, not 2: no hidden layer": float(np.median(curves(())[:, -1])),
        "n[1] = 1, not 4": float(np.median(curves((1,))[:, -1])),
        "g(z) = z, not tanh": float(np.median(curves(activation="linear")[:, -1])),
    }
    for name, other in others.items():
        yield Claim(name, base < other, f"{other:.4f}", f"above {base:.4f}", 3)
    deeper = float(np.median(curves((4, 4))[:, -1]))
    yield Claim("L = 3, not 2: n[2] = 4", deeper < base, f"{deeper:.4f}", f"below {base:.4f}", 3)
    far = curves(rate=30.0)
    rises = (far[:, 1:] > far[:, :-1]).sum(axis=1)
    yield Claim("α = 30: steps at which J rises", bool((rises > 0).all()), rises.tolist(), "some, at every seed", 3)


def curve_with(**changed: Any) -> Callable[..., Any]:
    """The training curve with some hyperparameter fixed, whatever was chosen."""

    def twin(X: Any, Y: Any, hidden: Any, activation: Any, learning_rate: Any, iterations: Any, rng: Any) -> Any:
        chosen = {"hidden": hidden, "activation": activation, "learning_rate": learning_rate}
        return training.training_curve(X, Y, **(chosen | changed), iterations=iterations, rng=rng)

    return twin


ROWS = (
    Row(
        deep.notation,
        {"figures": claims("figures", drawn), "shape": claims("shapes", counted)},
        {
            "the input layer counted": (
                "figures",
                lambda layer_sizes: deep.notation(layer_sizes) | {"L": len(layer_sizes)},
            ),
            "numbered from the output": ("shape", lambda layer_sizes: deep.notation(layer_sizes[::-1])),
        },
    ),
    Row(
        deep.forward,
        forward_checks(deep.forward_loop),
        {
            "b missing": ("value", by_blocks(lambda A, W, b, name: blocks.block_forward(A, W, 0 * b, name))),
            "b added after g": ("value", by_blocks(b_after_g)),
            "one g for all layers": (
                "identity",
                lambda X, parameters, names: deep.forward(X, parameters, names[-1:] * len(names)),
            ),
            "g missing": ("identity", by_blocks(lambda A, W, b, name: blocks.block_forward(A, W, b, "linear"))),
        },
    ),
    Row(
        deep.forward_loop,
        forward_checks(deep.forward),
        {
            "the first example for all": (
                "value",
                lambda X, parameters, names: deep.forward(0 * X + X[:, :1], parameters, names),
            ),
            "examples in reverse order": (
                "identity",
                lambda X, parameters, names: deep.forward(X[:, ::-1], parameters, names),
            ),
        },
    ),
    Row(
        deep.shapes,
        {"shape": claims("shapes", shapes_of_a_pass), "wrong shapes": claims("shapes", wrong_shapes_are_found)},
        {
            "W transposed": ("wrong shapes", restated(lambda name: name[0] == "W", lambda s, m: s[::-1])),
            "b as wide as the data": ("shape", restated(lambda name: name[0] == "b", lambda s, m: (s[0], m))),
            "examples as rows": ("shape", restated(lambda name: name[-2] in "ZA", lambda s, m: s[::-1])),
            "dW transposed": ("shape", restated(lambda name: name[:2] == "dW", lambda s, m: s[::-1])),
        },
    ),
    Row(
        blocks.block_forward,
        {"value": value(LAYER, defined_block, call=block), "interface": claims("shapes", keeps)},
        {
            "b missing": ("value", lambda A_prev, W, b, activation: blocks.block_forward(A_prev, W, 0 * b, activation)),
            "g missing": ("value", lambda A_prev, W, b, activation: blocks.block_forward(A_prev, W, b, "linear")),
            "A cached for Z": ("interface", caching(Z="A")),
            "A cached for A[l−1]": ("interface", caching(A_prev="A")),
        },
    ),
    Row(
        blocks.block_backward,
        {
            "dA_prev": derivative(
                LAYER,
                "A_prev",
                layer_forward,
                lambda f, dout, A_prev, W, b: back(f, dout, A_prev, W, b)[0],
                layer_definition,
            ),
            "dW and db": derivative(
                LAYER,
                "W b",
                layer_forward,
                lambda f, dout, A_prev, W, b: back(f, dout, A_prev, W, b)[1:],
                layer_definition,
                averaged=True,
            ),
            "interface": claims("shapes", gives_back),
        },
        {
            "dA for dZ": ("dA_prev", slope_left_out),
            "dA[l−1] averaged": ("dA_prev", changed(lambda dA_prev, dW, db, m: (dA_prev / m, dW, db))),
            "1/m missing in dW": ("dW and db", changed(lambda dA_prev, dW, db, m: (dA_prev, m * dW, db))),
            "1/m missing in db": ("dW and db", changed(lambda dA_prev, dW, db, m: (dA_prev, dW, m * db))),
            "g′ of A": ("dW and db", slope_of_A),
            "dW first": ("interface", changed(lambda dA_prev, dW, db, m: (dW, db, dA_prev))),
            "dW transposed": ("interface", changed(lambda dA_prev, dW, db, m: (dA_prev, dW.T, db))),
        },
    ),
    Row(
        blocks.dA_L,
        {
            "derivative": derivative(
                "A: n m, Y: n m",
                "A",
                lambda A, Y: losses.cross_entropy(A, Y),
                lambda f, dout, A, Y: dout * f(A, Y),
                lambda A, Y: loss_definitions.cross_entropy(A, Y),
                domain=AY,
                edges=renamed(A_EDGES, True, a="A", y="Y"),
            )
        },
        {
            "sign of the first term": ("derivative", lambda A, Y: Y / A + (1 - Y) / (1 - A)),
            "sign of the second term": ("derivative", lambda A, Y: -Y / A - (1 - Y) / (1 - A)),
            "1/m": ("derivative", lambda A, Y: blocks.dA_L(A, Y) / A.shape[1]),
            "A − Y": ("derivative", lambda A, Y: A - Y),
        },
    ),
    Row(
        blocks.dZ_L,
        {
            "derivative": derivative(
                "Z: n m, Y: n m",
                "Z",
                lambda Z, Y: losses.cross_entropy(sigmoid(Z), Y),
                lambda f, dout, Z, Y: dout * f(sigmoid(Z), Y),
                lambda Z, Y: loss_definitions.cross_entropy_sound(Z, Y),
                domain={"Y": "label"},
                edges={"saturated": {"Z": [Z_EDGES["saturated"]["z"]], "Y": [[0.0, 1.0] * 7]}},
            ),
            "identity": identity(
                "Z: n m, Y: n m",
                lambda f, Z, Y: f(sigmoid(Z), Y),
                lambda f, Z, Y: blocks.dZ(blocks.dA_L(sigmoid(Z), Y), Z, "sigmoid"),
                domain={"Y": "label"},
            ),
        },
        {
            "Y − A": ("derivative", lambda A, Y: Y - A),
            "averaged already": ("derivative", lambda A, Y: (A - Y) / A.shape[1]),
            "σ′ multiplied twice": ("identity", lambda A, Y: (A - Y) * A * (1 - A)),
        },
    ),
    Row(
        blocks.dZ,
        slope_checks(),
        {
            "g′ of A, sigmoid": ("sigmoid", lambda dA, Z, activation: dA * g_prime(activation)(g(activation)(Z))),
            "g for g′": ("sigmoid", lambda dA, Z, activation: dA * g(activation)(Z)),
            "g′ of A, tanh": ("tanh", lambda dA, Z, activation: dA * g_prime(activation)(g(activation)(Z))),
            "1 − z²": ("tanh", lambda dA, Z, activation: dA * (1 - Z**2)),
            "g′ of A, ReLU": ("relu", lambda dA, Z, activation: dA * g_prime(activation)(g(activation)(Z))),
            "g′ missing": ("relu", lambda dA, Z, activation: 1 * dA),
            "ReLU for leaky ReLU": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, "relu")),
            "averaged": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, activation) / dA.shape[1]),
        },
    ),
    Row(
        blocks.dW,
        {
            "derivative": derivative(
                "A_prev: p m, W: n p",
                "W",
                lambda A_prev, W: W @ A_prev,
                lambda f, dout, A_prev, W: f(dout, A_prev),
                lambda A_prev, W: W @ A_prev,
                averaged=True,
            ),
            "by examples": identity(
                "dZ: n m, A_prev: p m",
                lambda f, dZ, A_prev: f(dZ, A_prev),
                lambda f, dZ, A_prev: (
                    sum(dz @ a.T for dz, a in zip(columns(dZ), columns(A_prev), strict=True)) / dZ.shape[1]
                ),
            ),
        },
        {
            "1/m missing": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T),
            "transposed": ("derivative", lambda dZ, A_prev: A_prev @ dZ.T / dZ.shape[1]),
            "n for m": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T / dZ.shape[0]),
            "the last example left out": (
                "by examples",
                lambda dZ, A_prev: dZ[:, :-1] @ A_prev[:, :-1].T / dZ.shape[1],
            ),
        },
    ),
    Row(
        blocks.db,
        {
            "derivative": derivative(
                LAYER,
                "b",
                lambda A_prev, W, b: W @ A_prev + b,
                lambda f, dout, A_prev, W, b: f(dout),
                lambda A_prev, W, b: W @ A_prev + b,
                averaged=True,
            ),
            "by examples": identity("dZ: n m", lambda f, dZ: f(dZ), lambda f, dZ: sum(columns(dZ)) / dZ.shape[1]),
        },
        {
            "1/m missing": ("derivative", lambda dZ: np.sum(dZ, axis=1, keepdims=True)),
            "keepdims missing": ("derivative", lambda dZ: np.sum(dZ, axis=1) / dZ.shape[1]),
            "summed over the units": ("derivative", lambda dZ: np.sum(dZ, axis=0, keepdims=True) / dZ.shape[1]),
            "the first example alone": ("by examples", lambda dZ: dZ[:, :1] / dZ.shape[1]),
        },
    ),
    Row(
        blocks.dA_prev,
        {
            "derivative": derivative(
                "W: n p, A_prev: p m",
                "A_prev",
                lambda W, A_prev: W @ A_prev,
                lambda f, dout, W, A_prev: f(W, dout),
                lambda W, A_prev: W @ A_prev,
            ),
            "by examples": identity(
                "W: n p, dZ: n m",
                lambda f, W, dZ: f(W, dZ),
                lambda f, W, dZ: np.concatenate([W.T @ dz for dz in columns(dZ)], axis=1),
            ),
        },
        {
            "ᵀ lost": ("derivative", lambda W, dZ: W @ dZ),
            "averaged": ("derivative", lambda W, dZ: W.T @ dZ / dZ.shape[1]),
            "the last unit left out": ("by examples", lambda W, dZ: W[:-1].T @ dZ[:-1]),
        },
        (
            Written(
                "scan",
                r"dA^{[l-1]} = W^{[l]} dZ^{[l]}",
                r"dA^{[l-1]} = W^{[l]T} dZ^{[l]}",
                "the scan loses the ᵀ of the vectorised form; one example has it: da[l−1] = W[l]ᵀ dz[l]",
            ),
        ),
    ),
    Row(
        blocks.dZ_chain,
        {
            **chain_checks(),
            "identity": identity(
                CHAIN,
                lambda f, W_next, dZ_next, Z: f(W_next, dZ_next, Z, "sigmoid"),
                lambda f, W_next, dZ_next, Z: blocks.dZ(blocks.dA_prev(W_next, dZ_next), Z, "sigmoid"),
            ),
        },
        {
            "g′ of A": (
                "tanh",
                lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g_prime(activation)(g(activation)(Z)),
            ),
            "ᵀ lost": ("tanh", lambda W_next, dZ_next, Z, activation: W_next @ dZ_next * g_prime(activation)(Z)),
            "g for g′": ("relu", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g(activation)(Z)),
            "averaged": (
                "relu",
                lambda W_next, dZ_next, Z, activation: blocks.dZ_chain(W_next, dZ_next, Z, activation) / Z.shape[1],
            ),
            "g′ missing": ("identity", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next),
        },
    ),
    Row(
        training.descent,
        {
            "update": value(
                f"{TWO}, {GRADS}, learning_rate: scalar",
                lambda learning_rate, **given: steps.descent(*split(given), learning_rate),
                domain=RATE,
                call=lambda f, learning_rate, **given: f(*split(given), learning_rate),
            ),
            "training": value(
                f"X: n0 m, Y: 1 m, {TWO}, learning_rate: scalar",
                defined_training,
                domain=RATE | {"Y": "label"},
                call=trained,
            ),
            "the loop around it": claims("exact", training_repeats_the_step),
        },
        {
            "+α": ("update", lambda parameters, grads, rate: training.descent(parameters, grads, -rate)),
            "α missing": ("update", lambda parameters, grads, rate: training.descent(parameters, grads, rate / rate)),
            "b not updated": ("training", only(lambda name: name[0] == "W")),
            "the last layer only": ("the loop around it", only(lambda name: name[1:] == "2")),
        },
    ),
    Row(
        training.training_curve,
        {"curve": claims("exact", a_curve_is_its_training), "experiment": claims("experiment", effects)},
        {
            "the cost after the last step left out": ("curve", lambda *choice: training.training_curve(*choice)[:-1]),
            "every hidden layer left out": ("experiment", curve_with(hidden=())),
            "always g(z) = z": ("experiment", curve_with(activation="linear")),
            "always α = 0.01": ("experiment", curve_with(learning_rate=0.01)),
        },
    ),
)
