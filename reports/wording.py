"""Verdicts in words: the same sentences on the console, in summary.md and in what `check` prints."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isnan

from reports import exhaustive, faults, training
from reports.figures import digits, fewest, number, plural, share, worst
from reports.summary import Tensor, all_rows, failures, open_questions, standing, summaries
from verify.records.discrepancy import Discrepancy
from verify.records.formula import Slip
from verify.records.network import NetworkRecord
from verify.records.run import Run
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

# The case of somebody's own functions; the formula of the rows of a network, of all its elements, of a training.
GIVEN, NETWORK, EXHAUSTIVE, TRAINING = "given", "network", "exhaustive", "training"
QUESTIONS = {"formula": "is it right?", "arithmetic": "does the arithmetic hold?", "agreement": "does PyTorch agree?"}
QUESTIONS |= {"contract": "is the contract kept?"}


def headline(run: Run) -> str:
    """The verdict in one line."""
    if run.training and not run.formulas:
        return training.headline(run.training)
    if run.faults and not run.formulas:
        return faults.headline(run.faults)
    about = _formulas(replace(run, exhaustive=None))
    if run.exhaustive is None:
        return about
    # Where they all pass, of formulas and parameters alike, one "pass" is enough.
    parameters = exhaustive.outcome(run.exhaustive)
    return f"{about}, {'and ' if run.exhaustive.verdict == PASS and about.endswith('pass') else ''}{parameters}"


def _formulas(run: Run) -> str:
    verdicts = [s.verdict for s in summaries(run)]
    total, failed, open_ = plural(len(verdicts), "formula"), verdicts.count(FAIL), verdicts.count(INCONCLUSIVE)
    if failed:
        return f"{failed} of {total} {'fails' if failed == 1 else 'fail'}"
    if failures(all_rows(run)) or standing(run.slips):
        return f"{verdicts.count(PASS)} of {total} pass, and something else failed"
    if open_:
        return f"{verdicts.count(PASS)} of {total} pass, {open_} undecided"
    if verdicts and open_questions(run):
        return f"All {total} pass, {plural(len(open_questions(run)), 'quantity', 'quantities')} undecided"
    return f"All {total} pass" if len(verdicts) > 1 else f"{total} passes" if verdicts else "Nothing was verified"


def counts(verdicts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """How often each verdict fell, with the verdict, the noughts left out.

    >>> counts(["pass", "fail", "pass"])
    (('2 pass', 'pass'), ('1 fail', 'fail'))
    """
    return tuple((f"{verdicts.count(v)} {v}", v) for v in (PASS, FAIL, INCONCLUSIVE) if v in verdicts)


def title(row: Discrepancy) -> str:
    """What a row is about: `deep.dW dW, layer 2: autograd, does PyTorch agree? float64, typical`."""
    place = "" if row.layer is None else f", layer {row.layer}"
    about = ", ".join(part for part in (row.dtype, row.case) if part)
    return f"{row.formula} {row.quantity}{place}: {row.oracle}, {QUESTIONS.get(row.question, row.question)} ({about})"


def details(row: Discrepancy, command: str = "") -> tuple[str, ...]:
    """A failing row in full, a line each: the likely mistake first; the last ready to paste: it shows this row again.

    `command` is that of the run which the row belongs to.
    """
    element = [f"at {row.at}"] if row.at else []
    figures = (("mine", row.mine), ("want", row.want), ("exact", row.exact))
    element += [f"{name} {value}" for name, value in figures if value]
    lines = [", ".join(element)] if element else []
    if not (isnan(row.budget) and isnan(row.used)):
        lines.append(f"budget {number(row.budget)}, used {share(row.used)}")
    if row.finding:
        lines.append(f"finding: {row.finding}")
    return (*row.diagnosis.splitlines(), *lines, f"again: {again(row, command)}")


def again(row: Discrepancy, command: str = "") -> str:
    """What to run to see a row again: the command, or for one's own functions the call.

    A training, and a check of every element, have no parts that could be asked for alone: a row of one takes the whole
    `command` of its run.

    >>> again(Discrepancy("logistic.dw", "dw", "formula", "certificate", "fail", case="typical", seed=3))
    'handgrad verify --only logistic.dw --oracle certificate --dtype float64 --seed 3'
    >>> again(Discrepancy("backward", "dW", "formula", "certificate", "fail", case="given"))
    "check(..., oracles=['certificate'], dtype='float64', seed=0)"
    """
    if row.case == GIVEN:
        return f"check(..., oracles=[{row.oracle!r}], dtype={row.dtype!r}, seed={row.seed})"
    if row.formula == NETWORK:
        return f"handgrad verify --seed {row.seed}"
    if row.formula == EXHAUSTIVE:
        return command or f"handgrad verify --quick --exhaustive --seed {row.seed}"
    if row.formula == TRAINING:
        return command or f"handgrad train --seed {row.seed}"
    return (
        f"handgrad verify --only {row.formula} --oracle {shlex.quote(row.oracle)} --dtype {row.dtype} --seed {row.seed}"
    )


def network_line(network: NetworkRecord, tensors: Sequence[Tensor]) -> str:
    """The walk in one sentence."""
    verdicts = ", ".join(text for text, _ in counts([tensor.verdict for tensor in tensors]))
    used = share(worst(error for t in tensors for error in (t.own, t.inherited)))
    by_hand, by_torch = digits(fewest(t.digits_mine for t in tensors)), digits(fewest(t.digits_torch for t in tensors))
    return (
        f"network {'-'.join(map(str, network.layers))} on {plural(network.m, 'example')} of the {network.data.name}: "
        f"{plural(len(tensors), 'tensor')}, {verdicts}; worst use of budget {used}; "
        f"fewest digits by hand {by_hand}, by PyTorch {by_torch}"
    )


def slips_line(slips: Iterable[Slip]) -> str:
    """The slips in one sentence."""
    found = tuple(slips)
    author = [slip for slip in found if slip.kind == "author"]
    refuted = sum(slip.verdict == "refuted" for slip in author)
    parts = [f"{refuted} of {len(author)} refuted"] if author else []
    parts += [f"{plural(len(found) - len(author), 'garble')} of the scan listed"] if len(found) > len(author) else []
    return f"slips of the notes: {'; '.join(parts)}"


def time_line(timings: Sequence[tuple[str, float]]) -> str:
    """Where the time goes, the longest first.

    >>> time_line((("network", 9.5), ("chapter 1", 6.25), ("all", 16.0)))
    'time 16.0 s: network 9.5 s (59 %), chapter 1 6.2 s (39 %)'
    """
    parts = sorted(((s, name) for name, s in timings if name != "all"), reverse=True)
    total = dict(timings).get("all", sum(s for s, _ in parts))
    # A proof is part of its chapter's time.
    whole = [(s, name) for s, name in parts if s >= 0.05 and not name.startswith("proof, ")]
    shown = [f"{name} {s:.1f} s ({100 * s / total:.0f} %)" for s, name in whole]
    return f"time {total:.1f} s" + (": " + ", ".join(shown) if shown else "")
