"""Would it notice? The mistakes that were made on purpose, and who saw them."""

from __future__ import annotations

from dataclasses import dataclass

from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

CAUGHT, EQUIVALENT, ESCAPED = "caught", "equivalent", "escaped"


@dataclass(frozen=True)
class Fault:
    """One mistake put into one formula, and who noticed.

    `where` is the line as it reads with the mistake in it, or what comes back wrong; `square`: tried on arrays whose
    sizes are all equal. `asked` are the oracles that answered, `caught` those that saw it. `shown` says what showed it,
    or what shows that it is no fault. `peers`: what other people's checks say of the same, by name, where they can be
    asked: they differentiate, so only of derivatives. `diagnosis` is the likely mistake, as it was told, and `named`
    whether that is what the rule did: "rightly", "wrongly" (with confidence) or "unnamed"; "" where it was not caught.
    """

    formula: str
    rule: str
    where: str
    square: bool
    asked: tuple[str, ...]
    caught: tuple[str, ...]
    verdict: str
    shown: str
    peers: tuple[tuple[str, str], ...] = ()
    diagnosis: str = ""
    named: str = ""


@dataclass(frozen=True)
class NetworkFault:
    """One wrong formula in one layer of a network, or one wrong element: what is wrong, and what was blamed for it."""

    network: str
    rule: str
    where: str
    wrong: tuple[str, ...]
    blamed: tuple[str, ...]

    @property
    def right(self) -> bool:
        return set(self.wrong) == set(self.blamed)


@dataclass(frozen=True)
class FaultsRecord:
    """Would it notice? Every fault that was tried; `variants` is how many the rules make in all."""

    seed: int
    variants: int
    faults: tuple[Fault, ...]
    network: tuple[NetworkFault, ...] = ()

    @property
    def verdict(self) -> str:
        """A fail where one escaped, or something that is right was blamed."""
        if any(fault.verdict == ESCAPED for fault in self.faults) or not all(fault.right for fault in self.network):
            return FAIL
        return PASS if self.faults else INCONCLUSIVE
