"""How a benchmark's command ends: what cannot be used is exit status 2, what must not be timed is 1, in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks.agree import DisagreementError
from benchmarks.alone import AloneError
from verify.errors import UserError


def ended(run: Callable[[], int]) -> int:
    """The exit status of `run`, or of what it raises."""
    try:
        return run()
    except UserError as error:
        print("benchmarks:", error, file=sys.stderr)
        return 2
    except (DisagreementError, AloneError) as error:
        print("benchmarks:", error, file=sys.stderr)
        return 1
