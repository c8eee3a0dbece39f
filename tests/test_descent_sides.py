"""The sides of a training, step by step: what each holds, to the bit, and in which threads they are computed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from manual import training
from reference_torch import training as definitions
from verify.descent.settings import Settings
from verify.descent.sides import RUNS, SMALL, Point, by_hand, by_torch, nudge, nudged, together

Array = np.ndarray[Any, Any]
# PyTorch imports its compiler with the first optimiser, which takes longer than all of these tests.
torch.optim.SGD([torch.zeros(1)], lr=1.0)
CHOSEN = Settings((2, 3, 1), ("relu", "sigmoid"), "course", 6, 10, 0.5, 5)
X, Y = np.array([[1.0, -0.7, 0.3], [0.4, 0.9, -1.3]]), np.array([[1.0, 0.0, 0.0]])
START = {
    "W1": np.array([[0.3, -0.1], [0.7, 0.2], [-0.4, 0.9]]), "b1": np.array([[0.1], [0.0], [-0.2]]),
    "W2": np.array([[0.5, -0.6, 0.8]]), "b2": np.array([[0.3]]),
}  # fmt: skip


def plain(x: Any) -> Any:
    """Arrays as lists, so that two records are equal where every bit of them is."""
    if isinstance(x, Mapping):
        return {name: plain(y) for name, y in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(y) for y in x]
    assert not isinstance(x, torch.Tensor)
    return x.tolist() if isinstance(x, np.ndarray) else x


def test_the_side_by_hand_is_the_descent_of_the_notes_with_the_slope_that_was_chosen() -> None:
    zero = {**START, "W1": np.zeros((3, 2)), "b1": np.zeros((3, 1))}  # every ReLU is on its kink
    ends = []
    for kink, name in (("left", "relu_left"), ("right", "relu")):
        chosen = replace(CHOSEN, kink=kink)
        mine = [*islice(by_hand(X, Y, zero, chosen, training.descent), 3)]
        notes = [*islice(training.descend(X, Y, zero, (name, "sigmoid"), 0.5), 3)]
        for point, state in zip(mine, notes, strict=True):
            assert type(point.J) is float
            assert (point.J, plain(point.AL)) == (float(state.J), plain(state.AL))
            assert plain(point.parameters) == plain(state.parameters)
            assert plain(point.Z) == plain([cache.Z for cache in state.caches])
            assert [cache.activation for cache in point.caches] == [name, "sigmoid"]
        ends.append(plain(mine[-1].parameters))
    assert ends[0] != ends[1]


def test_the_step_that_is_given_is_the_one_that_is_taken() -> None:
    asked = []

    def stays(parameters: Any, grads: Any, rate: Any) -> Any:
        asked.append((sorted(name for name in grads if name[:2] != "dA"), rate))
        return parameters

    points = [*islice(by_hand(X, Y, START, CHOSEN, stays), 2)]
    assert plain(points[0].parameters) == plain(points[1].parameters) == plain(START)
    assert asked == [(["dW1", "dW2", "dZ1", "dZ2", "db1", "db2"], 0.5)]


def test_the_side_of_pytorch_is_its_own_descent_as_arrays() -> None:
    tensors = {name: torch.from_numpy(x) for name, x in START.items()}
    states = definitions.descend(torch.from_numpy(X), torch.from_numpy(Y), tensors, ("relu", "sigmoid"), 0.5)
    for point, state in islice(zip(by_torch(X, Y, START, CHOSEN), states, strict=True), 3):
        assert type(point.J) is float
        assert (point.J, plain(point.AL)) == (state.J.item(), state.values["A2"].tolist())
        assert plain(point.Z) == [state.values["Z1"].tolist(), state.values["Z2"].tolist()]
        assert plain(point.parameters) == {name: x.tolist() for name, x in state.parameters.items()}
        assert point.caches == ()


# --- the nudges -------------------------------------------------------------------------------------------------------
def test_a_nudge_is_up_or_down_by_the_bits_of_the_generator_a_byte_for_eight_numbers_and_one_more() -> None:
    bits, rng = (np.random.Generator(np.random.SFC64([6, 2])) for _ in range(2))
    for kind, shape, bytes in ((np.float64, (4, 6), 4), (np.float32, (32,), 5), (np.float64, (3, 1), 1)):
        x = np.full(shape, 1.5, dtype=kind)
        up = np.unpackbits(np.frombuffer(bits.bytes(bytes), dtype=np.uint8))[: x.size].reshape(shape).astype(bool)
        moved = nudge(x, rng)
        assert moved.dtype == kind
        assert plain(moved) == plain(np.where(up, np.nextafter(x, kind(2)), np.nextafter(x, kind(1))))


@pytest.mark.parametrize("number", [1.0000000000000002, 1.5, 1.9999999999999998, -1.7, 5e300, 3e-300])
def test_a_nudge_goes_to_the_next_number_on_either_side(number: float) -> None:
    moved = set(nudge(np.full(64, number), np.random.default_rng(0)).tolist())
    assert moved == {float(np.nextafter(number, np.inf)), float(np.nextafter(number, -np.inf))}


def test_a_nudged_run_is_nudged_at_its_start_and_after_every_step_and_every_run_in_its_own_way() -> None:
    ends = []
    for run in (0, 1):
        rng = np.random.Generator(np.random.SFC64([6, run]))
        parameters = {name: nudge(x, rng) for name, x in START.items()}
        for point in islice(nudged(X, Y, START, CHOSEN, training.descent, run), 4):
            assert plain(point.parameters) == plain(parameters)
            state = next(training.descend(X, Y, parameters, CHOSEN.by_hand, 0.5))
            assert (point.J, plain(point.AL)) == (float(state.J), plain(state.AL))
            _, after = islice(training.descend(X, Y, parameters, CHOSEN.by_hand, 0.5), 2)
            parameters = {name: nudge(x, rng) for name, x in after.parameters.items()}
        ends.append(plain(parameters))
    assert ends[0] != ends[1]


# --- threads ----------------------------------------------------------------------------------------------------------
def seen(threads: list[int], pause: float = 0.0) -> Iterator[Any]:
    while True:
        time.sleep(pause)
        threads.append(threading.get_ident())
        yield len(threads)


def many(cores: int | None, m: int, layers: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> set[int]:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    threads: list[list[int]] = [[] for _ in range(5)]
    sides: list[Iterator[Point]] = [seen(each, 0.005) for each in threads]
    with together(replace(CHOSEN, layers=layers), m) as advance:
        assert advance(sides) == [1] * 5
        assert advance(sides) == [2] * 5
    return {thread for each in threads for thread in each}


def test_sides_are_computed_side_by_side_where_a_step_is_worth_it_and_there_are_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = {threading.get_ident()}
    assert (SMALL, RUNS) == (2**20, 8)
    worth, less = (2**18, (1, 2, 1)), (2**18 - 1, (1, 2, 1))  # 4 multiplications an example
    assert many(2, *less, monkeypatch) == many(1, *worth, monkeypatch) == many(None, *worth, monkeypatch) == here
    threads = many(2, *worth, monkeypatch)
    assert len(threads) == 2
    assert not threads & here
    assert many(4, 2**16, (2, 3, 4, 1), monkeypatch) & here == set()  # 22 an example
    assert many(4, 2**15, (2, 3, 4, 1), monkeypatch) == here


def test_what_overflows_in_a_side_is_not_warned_of_here_or_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflows() -> Iterator[Any]:
        while True:
            yield float(np.float64(1e308) * 10)

    make: Callable[[], list[Iterator[Any]]] = lambda: [overflows(), overflows()]  # noqa: E731
    with np.errstate(all="raise"):
        for m in (1, 2**20):
            with together(CHOSEN, m) as advance:
                assert advance(make()) == [np.inf, np.inf]
