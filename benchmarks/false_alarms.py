"""False alarms: correct problems drawn at random, judged as users judge theirs; and every fourth once more, made wrong.

    python -m benchmarks.false_alarms --checks 100000 --seed 0 --jobs 2 --store campaign.jsonl
    python -m benchmarks.false_alarms --case 123

A check is one row: one oracle's answer to one question about one quantity. The problems are numbered from the seed on,
and the number alone makes a problem, so that `--case` shows it again. With `--store` every problem's counts are kept
in a file, one a line, and the next call with it goes on from there. Exit status 1 where something right failed, or
something wrong passed for any reason but a kink, at which half a gradient may be another right one.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from verify.campaign.kinds import KINDS
from verify.campaign.reasons import reason
from verify.campaign.trial import Trial, trial
from verify.errors import UserError
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

# What is said of a gradient that is 0 in all elements: there is nothing that a relative error could show in.
VANISHES = ("the gradient is 0", "all of it is 0 here")
VERDICTS = (PASS, INCONCLUSIVE, FAIL)
MIRRORED = 4  # of so many problems one is also judged with a wrong gradient
AT_A_TIME = 100  # problems handed out before their counts are looked at


@dataclass(frozen=True)
class Counts:
    """What became of one problem. `gradients`: the quantities judged; `decided`: those of which some check says that
    their formula is right or wrong, the arithmetic apart; `vanishing`: those of the others that are 0 all over."""

    number: int
    kind: str
    regime: str
    verdicts: dict[str, int]
    gradients: int
    decided: int
    vanishing: int
    reasons: dict[str, int]
    fails: list[str]
    fault: str = ""
    mirrored: str = ""

    @property
    def rows(self) -> int:
        return sum(self.verdicts.values())


def counts(number: int) -> Counts:
    """Judge the problem of that number, one thread of it."""
    import torch

    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = trial(number, number % MIRRORED == 0)
        except Exception as error:  # whatever stops a correct problem is as bad as a fail
            return Counts(number, "raised", "", {FAIL: 1}, 0, 0, 0, {}, [f"{type(error).__name__}: {error}"])
    return counted(found)


def counted(found: Trial) -> Counts:
    named = {(row.quantity, row.case) for row in found.rows}
    telling = [row for row in found.rows if row.question != "arithmetic" and row.verdict != INCONCLUSIVE]
    decided = {(row.quantity, row.case) for row in telling}
    zero = {(row.quantity, row.case) for row in found.rows if any(said in row.finding for said in VANISHES)}
    mirrored = found.mirrored
    if mirrored == PASS and _another_choice(found):
        mirrored = "another choice"
    return Counts(
        found.number,
        found.kind,
        found.regime,
        dict(Counter(row.verdict for row in found.rows)),
        len(named),
        len(decided),
        len(zero - decided),
        dict(Counter(f"{row.oracle}: {reason(row)}" for row in found.rows if row.verdict == INCONCLUSIVE)),
        [f"{r.quantity} {r.question} {r.oracle} {r.dtype}: {r.finding}" for r in found.rows if r.verdict == FAIL],
        found.fault,
        mirrored,
    )


def _another_choice(found: Trial) -> bool:
    """At a kink the derivative is a set, and the certificate shows that the wrong gradient is in it."""
    name = found.fault.partition(":")[0]
    return any(
        row.oracle == "certificate" and row.quantity == name and row.verdict == PASS and "subgradient" in row.finding
        for row in found.mirror
    )


def campaign(seed: int, checks: int, jobs: int, store: Path | None) -> list[Counts]:
    """Problems from number `seed` on until their rows are `checks`."""
    found = list(_stored(store, seed)) if store and store.exists() else []
    numbers = iter(range(seed + len(found), sys.maxsize))
    while sum(one.rows for one in found) < checks:
        batch = list(Parallel(n_jobs=jobs)(delayed(counts)(n) for n in islice(numbers, AT_A_TIME)))
        found += batch
        if store:
            with store.open("a") as file:
                file.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in batch)
        total, failed = sum(one.rows for one in found), sum(one.verdicts.get(FAIL, 0) for one in found)
        print(f"{len(found)} problems, {total} checks, {failed} fails", file=sys.stderr, flush=True)
    return found


def _stored(store: Path, seed: int) -> Iterator[Counts]:
    for number, line in enumerate(store.read_text().splitlines(), start=seed):
        one = Counts(**json.loads(line))
        if one.number != number:
            raise UserError(f"{store} holds problem {one.number}, expected is {number}; give another --store or --seed")
        yield one


def table(found: Iterable[Counts]) -> str:
    """The counts by kind, the mirrored ones, the reasons, and every fail."""
    found = list(found)
    lines = [
        "| kind | problems | gradients | decided | all 0 | checks | pass | inconclusive | fail |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in (*KINDS, "raised", "all"):
        some = [one for one in found if kind in ("all", one.kind)]
        if some:
            said: Counter[str] = Counter()
            for one in some:
                said.update(one.verdicts)
            figures = (len(some), *_gradients(some), said.total(), *(said[v] for v in VERDICTS))
            lines.append(f"| {kind} | " + " | ".join(map(str, figures)) + " |")
    lines += [
        "",
        "| drawn | problems | gradients | decided | all 0 | checks | fail |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for regime in sorted({one.regime for one in found if one.kind not in ("row", "raised")}):
        some = [one for one in found if one.regime == regime and one.kind != "row"]
        failed = sum(one.verdicts.get(FAIL, 0) for one in some)
        figures = (len(some), *_gradients(some), sum(one.rows for one in some), failed)
        lines.append(f"| {regime} | " + " | ".join(map(str, figures)) + " |")
    outcomes = (FAIL, INCONCLUSIVE, "another choice", PASS)
    lines += ["", f"| made wrong | problems | {' | '.join(outcomes)} |", "|---|---:|---:|---:|---:|---:|"]
    for fault in sorted({one.fault.partition(": ")[2] for one in found if one.fault}):
        became = Counter(one.mirrored for one in found if one.fault.partition(": ")[2] == fault)
        lines.append(f"| {fault} | {became.total()} | " + " | ".join(str(became[o]) for o in outcomes) + " |")
    reasons: Counter[str] = Counter()
    for one in found:
        reasons.update(one.reasons)
    lines += ["", "| why inconclusive | checks |", "|---|---:|"]
    lines += [f"| {why} | {n} |" for why, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]
    for one in found:
        lines += [f"fail: --case {one.number} ({one.kind}, {one.regime}): {said}" for said in one.fails]
        if one.mirrored == PASS:
            lines.append(f"a wrong one passed: --case {one.number} ({one.kind}, {one.regime}), {one.fault}")
    return "\n".join(lines)


def _gradients(some: Sequence[Counts]) -> tuple[Any, ...]:
    """How many, and the shares of them that are decided, and that are 0 all over and so say nothing."""
    total = sum(one.gradients for one in some)
    parts = sum(one.decided for one in some), sum(one.vanishing for one in some)
    return (total, *(f"{part / total:.1%}" if total else "" for part in parts))


def case(number: int) -> str:
    """One problem, row by row, and what became of it with a wrong gradient."""
    found = trial(number, mirrored=True)
    lines = [f"{found.kind}, {found.regime}, {found.dtype}: {found.what}"]
    for rows in (found.rows, found.mirror):
        lines += [
            f"  {r.verdict:12} {r.quantity:5} {r.question} by {r.oracle}, {r.dtype}, {r.case}: at {r.at} mine {r.mine} "
            f"want {r.want} exact {r.exact} used {r.used:.3g} {r.finding}"
            for r in rows
        ]
        if rows is found.rows and found.fault:
            lines.append(f"made wrong, {found.fault}: {found.mirrored}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    asked: Any = _parser().parse_args(arguments)
    if asked.case is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(case(asked.case))
        return 0
    try:
        found = campaign(asked.seed, asked.checks, asked.jobs, asked.store)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(found))
    return int(any(one.fails or one.mirrored == PASS for one in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.false_alarms", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--checks", type=int, default=2000, metavar="N", help="rows to be judged; default: 2000")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="number of the first problem; default: 0")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes; default: 1")
    parser.add_argument("--store", type=Path, metavar="FILE", help="keep the counts here, and go on from what it holds")
    parser.add_argument("--case", type=int, metavar="N", help="show this one problem, row by row")
    return parser


if __name__ == "__main__":
    sys.exit(main())
