"""The independently written definition, in PyTorch: its values, and how far rounding may have moved them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder


def definition(reference: Callable[..., Any], inputs: Mapping[str, Any], dtype: str) -> Estimate:
    """The outputs of `reference(**tensors)` by name ("value" where it returns one), with the ladder's errors."""

    def compute(precision: str, given: dict[str, Any]) -> dict[str, Any]:
        result = reference(**{k: tensor(v) for k, v in given.items()})
        found = result if isinstance(result, Mapping) else {"value": result}
        return {k: _array(v, precision) for k, v in found.items()}

    return ladder(compute, inputs, dtype=dtype)


def tensor(value: Any) -> Any:
    """Floating arrays as tensors of their dtype, dictionaries leaf by leaf; everything else as it is."""
    if isinstance(value, Mapping):
        return {k: tensor(v) for k, v in value.items()}
    if isinstance(value, (np.ndarray, np.floating)):
        return torch.from_numpy(np.array(value))
    return value


def _array(value: Any, precision: str) -> Any:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value, dtype=precision)
