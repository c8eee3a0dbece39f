"""PyTorch's autograd, the whole estimate held: the ladder's errors, and how an unused input is moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from verify.arithmetic.duck import Unsupported
from verify.oracles.autograd import autograd
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder

Array = np.ndarray[Any, Any]

X, Y = np.array([0.3, -1.2, 0.8]), np.array([0.7, 0.1, -0.9])
DOUT = np.array([3.1, -5.3, 0.27])
CUT = "PyTorch finds no path from it to the output, which changes with it all the same: the reference cuts the graph"


def by_hand(dtype: str, given: dict[str, Any]) -> dict[str, Array]:
    """The gradients of Σ dout∗(x∗y)/7."""
    w = (DOUT / 7).astype(dtype)
    return {"x": w * given["y"], "y": w * given["x"]}


def told(found: Estimate, name: str) -> str:
    return repr([(x[name].dtype, x[name].tolist()) for x in (found.gradients, found.errors, found.skipped)])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", [{}, {"samples": 2}, {"seed": 3}, {"samples": 3, "seed": 1}])
def test_the_errors_are_the_ladders_of_the_same_products(dtype: str, options: dict[str, int]) -> None:
    inputs = {"x": X.astype(dtype), "y": Y.astype(dtype)}
    found = autograd(lambda x, y: x * y, inputs, ["x", "y"], DOUT, 7, **options)
    want = ladder(by_hand, inputs, dtype=dtype, **options)
    assert (told(found, "x"), told(found, "y")) == (told(want, "x"), told(want, "y"))
    assert found.value is not None
    assert (found.value.dtype, found.value.tolist()) == (dtype, (inputs["x"] * inputs["y"]).tolist())
    assert found.notes == ()


def test_only_what_is_differentiated_is_nudged_and_nothing_is_divided_unless_asked() -> None:
    inputs = {"x": X, "y": Y}
    found = autograd(lambda x, y: x * y, inputs, ["x"], DOUT)
    want = ladder(lambda dtype, given: {"x": DOUT.astype(dtype) * given["y"]}, inputs, nudged=["x"])
    assert told(found, "x") == told(want, "x")


def test_each_input_without_influence_or_with_a_cut_graph_is_told_in_its_place() -> None:
    inputs = {"u": np.ones((2, 2)), "c": np.array([0.5, 0.25]), "d": np.array([0.5])}
    found = autograd(lambda u, c, d: c.detach() + d.detach(), inputs, ["c", "u", "d"], np.ones(2), samples=1)
    assert found.notes == (
        f"c: 2 of 2 elements skipped, the first at [0]: {CUT}",
        "u does not influence the output; its gradient is 0",
        f"d: 1 of 1 elements skipped, the first at [0]: {CUT}",
    )
    zeros, inf = np.zeros((2, 2)), np.inf
    want = Estimate(
        {"c": np.zeros(2), "u": zeros}, {"c": np.full(2, inf), "u": zeros},
        {"c": np.ones(2, dtype=bool), "u": zeros.astype(bool)},
    )  # fmt: skip
    assert (told(found, "c"), told(found, "u")) == (told(want, "c"), told(want, "u"))


def test_what_the_ladder_says_comes_after_what_is_said_of_paths() -> None:
    inputs = {"x": np.ones(1), "u": np.ones(1), "z": np.ones(1)}
    found = autograd(lambda x, u, z: x + 0 * z, inputs, ["x", "u", "z"], np.ones(1), samples=1)
    assert found.notes == (
        "u does not influence the output; its gradient is 0",
        "z: 1 of 1 elements skipped, the first at [0]: all of it is 0 in both precisions, perhaps by saturation",
    )
    assert found.gradients["x"].tolist() == [1.0]


def test_a_single_number_keeps_its_shape() -> None:
    found = autograd(lambda s: s**2, {"s": np.array(0.5)}, ["s"], np.array(3.0))
    assert (found.gradients["s"].shape, found.gradients["s"].item()) == ((), 3.0)


def test_of_an_output_that_touches_no_input_every_gradient_is_zero() -> None:
    found = autograd(lambda x, y: torch.ones(3), {"x": X, "y": np.float32(Y)}, ["x", "y"], DOUT)
    assert [(found.gradients[k].dtype, found.gradients[k].tolist()) for k in "xy"] == [
        (np.float64, [0, 0, 0]), (np.float32, [0, 0, 0]),
    ]  # fmt: skip
    assert found.notes == tuple(f"{k} does not influence the output; its gradient is 0" for k in "xy")


def test_an_upstream_gradient_is_taken_in_the_precision_of_the_output() -> None:
    found = autograd(lambda x: x.float() * 3, {"x": X}, ["x"], DOUT)
    assert found.gradients["x"].tolist() == [float(np.float32(d) * np.float32(3)) for d in DOUT]
    assert found.value is not None
    assert found.value.dtype == np.float32


# --- an input without a path is moved ---------------------------------------------------------------------------------
class Kept:
    """A reference without a path from x to the output, which keeps what x it was given."""

    def __init__(self) -> None:
        self.seen: list[Array] = []

    def __call__(self, x: Any, y: Any) -> Any:
        if not x.requires_grad:
            self.seen.append(x.numpy().copy())
        return y * y


def moves(x: Array, seed: int = 0) -> list[Array]:
    kept = Kept()
    found = autograd(kept, {"x": x, "y": np.ones(3)}, ["x", "y"], np.ones(3), seed=seed)
    assert found.notes == ("x does not influence the output; its gradient is 0",)
    return kept.seen


def test_it_is_moved_towards_zero_by_four_factors_and_each_element_by_a_share_of_its_own() -> None:
    x = np.linspace(-2, 2, 64).reshape(8, 8)
    x[0, 0] = x[3, 4] = 0.0
    seen = moves(x)
    assert seen[0].tolist() == x.tolist()
    assert len(seen) == 5
    for moved, factor in zip(seen[1:], (1 - 2.0**-9, 0.5, 2.0**-6, 2.0**-12), strict=True):
        # A zero moves to between half of 1 − f and 1 − f, every other element to between half of f and f of itself.
        full = np.where(x == 0, 1 - factor, factor * x)
        shares = moved / full
        assert ((shares >= 0.5) & (shares <= 1)).all()
        assert len({*shares.ravel().tolist()}) == 64
        assert (shares < 0.75).any()
        assert (shares > 0.75).any()
    assert np.array_equal(seen, moves(x))
    assert not np.array_equal(seen, moves(x, seed=1))


def test_it_keeps_its_precision_where_it_is_moved() -> None:
    assert {moved.dtype for moved in moves(np.array([0.5, 0.25], dtype=np.float32))} == {np.dtype("float32")}


def test_an_output_of_nan_that_stays_so_has_not_changed() -> None:
    found = autograd(
        lambda x, y: torch.log(y - 2) * 1.0, {"x": np.ones(2), "y": np.ones(2)}, ["x", "y"], np.ones(2)
    )  # fmt: skip
    assert found.notes[0] == "x does not influence the output; its gradient is 0"


def test_an_output_that_changes_with_one_move_alone_hides_its_graph() -> None:
    for place in range(5):
        kept = Kept()

        def reference(x: Any, y: Any, kept: Kept = kept, place: int = place) -> Any:
            out = kept(x, y)
            return out + (0.5 if len(kept.seen) == place + 1 and not x.requires_grad else 0.0)

        found = autograd(reference, {"x": np.ones(1), "y": np.ones(1)}, ["x", "y"], np.ones(1))
        assert found.notes[0] == f"x: 1 of 1 elements skipped, the first at [0]: {CUT}"


def test_an_input_whose_moves_the_reference_refuses_may_hide_its_graph() -> None:
    def reference(x: Any, y: Any) -> Any:
        if (x != 1).any():
            raise ValueError
        return y * y

    found = autograd(reference, {"x": np.ones(2), "y": np.ones(2)}, ["x", "y"], np.ones(2))
    assert found.notes[0] == f"x: 2 of 2 elements skipped, the first at [0]: {CUT}"


def test_dictionaries_words_and_whole_numbers_are_handed_on_in_each_run() -> None:
    inputs = {"x": X, "p": {"k": Y, "word": "w", "n": np.int64(2)}, "c": 2.5, "d": {"u": np.ones(2)}}

    def reference(x: Any, p: Any, c: float, d: Any) -> Any:
        assert (p["word"], int(p["n"]), type(p["n"]), c) == ("w", 2, torch.Tensor, 2.5)
        return x * p["k"] * p["n"]

    found = autograd(reference, inputs, ["x", "p.k", "d.u"], DOUT)
    want = ladder(
        lambda dtype, given: {
            "x": DOUT.astype(dtype) * 2 * given["p"]["k"], "p.k": DOUT.astype(dtype) * 2 * given["x"],
        },
        inputs, nudged=["x", "p.k"],
    )  # fmt: skip
    assert (told(found, "x"), told(found, "p.k")) == (told(want, "x"), told(want, "p.k"))
    assert found.notes == ("d.u does not influence the output; its gradient is 0",)


def test_random_numbers_are_drawn_alike_at_each_move_and_the_callers_are_not_used_up() -> None:
    def reference(x: Any, y: Any) -> Any:
        return y * torch.rand(2, dtype=y.dtype)

    torch.manual_seed(5)
    state = torch.get_rng_state()
    found = autograd(reference, {"x": np.ones(2), "y": np.ones(2)}, ["x", "y"], np.ones(2), samples=1)
    assert found.notes[0] == "x does not influence the output; its gradient is 0"
    assert not torch.equal(torch.get_rng_state(), state)  # by the runs that are differentiated
    kept = Kept()
    torch.manual_seed(5)
    autograd(kept, {"x": np.ones(2), "y": np.ones(2)}, ["x", "y"], np.ones(2), samples=1)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ((1.0,), "the reference returns a tuple; autograd needs one floating-point tensor"),
        (torch.arange(3), "the reference returns a torch.int64; autograd needs one floating-point tensor"),
    ],
)
def test_what_is_no_floating_tensor_is_refused_in_one_sentence(out: Any, said: str) -> None:
    with pytest.raises(Unsupported) as caught:
        autograd(lambda x: out, {"x": np.ones(3)}, ["x"], np.ones(3))
    assert str(caught.value) == said
