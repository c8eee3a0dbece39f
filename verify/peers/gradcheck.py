"""torch.autograd.gradcheck of a function whose backward is written by hand. All arguments are its defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError
from torch.autograd.gradcheck import gradcheck as check

from verify.peers.asked import answer, calls
from verify.problem import Problem

Backward = Callable[..., Iterable[Tensor]]


class _RejectedError(Exception):
    """The fast mode has rejected the gradient, and begins the slow one to word its message."""


class _ByHand(torch.autograd.Function):
    """The function forwards; backwards the gradients by hand, whatever they are."""

    @staticmethod
    def forward(ctx: Any, forward: Callable[..., Tensor], backward: Backward, *inputs: Tensor) -> Tensor:
        ctx.by_hand = backward
        ctx.save_for_backward(*inputs)
        return forward(*inputs)

    @staticmethod
    def backward(ctx: Any, dout: Tensor) -> Any:
        return (None, None, *ctx.by_hand(dout, *ctx.saved_tensors))


def slow(problem: Problem) -> str:
    """Every element of the Jacobian by two passes: |mine − theirs| ≤ 1e-5 + 1e-3·|theirs|, each by itself."""
    return answer(lambda: _judged(problem, fast=False))


def fast(problem: Problem) -> str:
    """One random direction of every input, and one of the output."""
    return answer(lambda: _judged(problem, fast=True))


def accepted(forward: Callable[..., Tensor], backward: Backward, inputs: Sequence[Tensor], fast: bool) -> bool:
    """Whether gradcheck accepts `backward(dout, *inputs)` as the gradient of `forward(*inputs)`."""
    # Two passes a tensor and the checks of undefined gradients stay far below this; the slow mode does not.
    left = iter(range(16 * (len(inputs) + 1)))

    def counted(*moved: Tensor) -> Tensor:
        if fast and next(left, None) is None:
            raise _RejectedError
        return forward(*moved)

    apply: Any = _ByHand.apply
    try:
        check(lambda *moved: apply(counted, backward, *moved), tuple(inputs), fast_mode=fast)
    except (GradcheckError, _RejectedError):
        return False
    return True


def _judged(problem: Problem, fast: bool) -> bool:
    on = calls(problem)
    return accepted(
        lambda *inputs: _tensor(on.forward(*_arrays(inputs))),
        lambda dout, *inputs: map(_tensor, on.backward(*_arrays((dout, *inputs)))),
        [_tensor(x).requires_grad_() for x in on.arrays],
        fast,
    )


def _arrays(tensors: Sequence[Tensor]) -> list[np.ndarray[Any, Any]]:
    return [tensor.detach().numpy() for tensor in tensors]


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """A copy: a result may be a view of an argument, or of negative strides."""
    return torch.from_numpy(np.array(array))
