"""What the campaign draws of a number is fixed: nothing of it was chosen, or may change, after anything was measured.

Of arrays three digits are kept, so that another machine draws the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.figures import figures, table
from tests.told import told
from verify.campaign import kinds, nets, numbers, trial, wrong
from verify.campaign.pairs import PAIRS
from verify.records.verdict import FAIL

# Of each kind some, in most regimes, made wrong in each of the six ways; small ones, for they are judged.
JUDGED = (
    8, 10, 13, 14, 24, 26, 27, 29, 35, 38, 42, 44, 47, 59, 67, 78, 86, 88, 92, 97, 98, 112, 115, 119, 120, 129, 138,
    147, 157, 164, 165, 167, 193, 198,
)  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("regime", numbers.REGIMES)
def test_a_regime_draws_the_numbers_that_it_drew(regime: str, dtype: str, snapshot: Any) -> None:
    rng = np.random.default_rng(7)
    shapes = ((3, 2), (2, 3), (), (4,))
    assert [figures(numbers.numbers(rng, shape, regime, dtype)) for shape in shapes] == snapshot


def test_the_shares_of_the_regimes_and_the_sizes_and_activations_of_networks_are_those_that_were_drawn(
    snapshot: Any,
) -> None:
    rng = np.random.default_rng(7)
    assert " ".join(numbers.regime(rng) for _ in range(60)) == snapshot
    assert [sum(share for share, _ in of.values()) for of in (numbers.REGIMES, kinds.KINDS)] == [1.0, 1.0]
    found = [nets.sizes(rng) for _ in range(400)]
    assert " ".join("-".join(map(str, n)) for n in found[:60]) == snapshot
    weights = [sum(a * b for a, b in zip(n[1:], n, strict=False)) for n in found]
    assert (max(map(len, found)) - 1, max(map(max, found)), max(weights)) == (nets.DEPTH, nets.WIDTH, nets.ELEMENTS)
    assert [" ".join(nets.names(rng, L)) for L in range(7)] == snapshot


@pytest.mark.parametrize("seed", range(12))
def test_a_network_is_the_problem_that_it_was(seed: int, snapshot: Any) -> None:
    """Small ones, every third of them with a dead layer: half of all take dout from afar, where it may be."""
    regime = ("plain", "scaled", "mixed", "whole")[seed % 4]
    dtype = ("float64", "float32")[seed % 3 % 2]
    rng = np.random.default_rng([seed, 1])
    of = nets.network(rng, regime, dtype, seed)
    with np.errstate(all="ignore"):
        out, gradients = of.forward(**of.inputs), of.backward(of.dout, **of.inputs)
    assert of.reference is not None
    words = (of.formula, of.case, of.seed, of.typical, of.inside, dict(of.averages), of.wrt)
    assert [*words, table(of.inputs), figures(of.dout), figures(out), table(gradients), rng.random()] == snapshot


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_the_problem_that_it_was(name: str, seed: int, snapshot: Any) -> None:
    """Its arrays, what else `check` is told, and what both of its functions make of them."""
    rng = np.random.default_rng([seed, 2])
    made = PAIRS[name](rng, lambda shape: numbers.numbers(rng, shape, ("plain", "whole", "mixed")[seed], "float64"))
    given = [*made["inputs"].values(), *made.get("constants", {}).values()]
    with np.errstate(all="ignore"):
        out = made["forward"](*given)
        if backward := made.get("backward"):
            out, cache = out if isinstance(out, tuple) else (out, None)
            dout = numbers.plain(rng, np.shape(out), "float64")
            found = backward(dout, cache) if cache is not None else backward(dout, *given)
        else:
            out, found = out
    grads = found if isinstance(found, dict) else dict(enumerate(found if isinstance(found, tuple) else (found,)))
    told = {key: made[key] for key in made if key not in ("forward", "backward", "inputs", "constants")}
    arrays = [table(made["inputs"]), table(made.get("constants", {})), figures(out), table(grads)]
    assert [told, *arrays, rng.random()] == snapshot


@pytest.mark.parametrize("number", range(64))
def test_a_number_is_the_problem_that_it_was_and_its_fault_is_the_one_that_it_was(number: int, snapshot: Any) -> None:
    with np.errstate(all="ignore"):
        found, posed, rng = trial.drawn(number)
        right = posed.right()
        fault = wrong.drawn(rng, right)
    what = f"{found.number}: {found.kind}, {found.regime}, {found.dtype}: {found.what}"
    assert [what, table(right), fault and f"{fault.name}: {fault.what} at {fault.at}"] == snapshot


@pytest.mark.parametrize("number", JUDGED)
def test_a_number_is_judged_as_it_was_and_so_is_its_fault(number: int, snapshot: Any) -> None:
    found = trial.trial(number, mirrored=True)
    assert (found.number, bool(found.mirror)) == (number, bool(found.fault))
    refuted = (row for row in found.mirror if row.verdict == FAIL)
    assert [*told(found.rows), found.fault, found.mirrored, *told(refuted, sizes=True)] == snapshot
    assert {row.seed for row in found.rows} <= {0 if found.kind == "exhaustive" else number}
