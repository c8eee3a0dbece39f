"""The main job, part by part, on a catalogue of two rows: what each is given, what is handed on, what is not reached.

On the whole catalogue: tests/test_run.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf
from time import perf_counter, sleep
from typing import Any

import pytest

from verify import formulas
from verify.catalogue import CATALOGUE, ORACLES
from verify.datasets import load
from verify.errors import UserError
from verify.exhaustive import every_element
from verify.faults.run import some_faults
from verify.health.table import health
from verify.network import walk
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment
from verify.records.formula import Slip
from verify.records.peer_case import PeerCase
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.row import Row, Written, examine
from verify.run import refuted, verify
from verify.setting import Setting

BY_ID = {row.id: row for row in CATALOGUE}
PEERS = (PeerCase("a case", "a peer", "right", "rejects", "pass", ""),)
SIZES = (2, 3, 1)
STEPS = ["digits kept", "would it notice"]
CHAPTERS = [f"chapter {title}" for title in formulas.CHAPTERS.values()]
PICTURE = Experiment("tanh", "A picture", "It is shown.", (), PASS, "x", "y", "", ())


def heard(settings: list[Setting], *verdicts: str, **more: Any) -> Any:
    """A check that keeps the settings it is given, and makes a row a verdict, an experiment, and a proof."""

    def check(function: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        settings.append(setting)
        if setting.show:
            setting.show(PICTURE)
        if setting.timed:
            setting.timed(("proof, tanh", 0.5))
        return [
            Discrepancy(id, "value", "formula", "exact", verdict, seed=setting.seed, **more) for verdict in verdicts
        ]

    return check


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put these rows in the place of the notes', and one case in that of the peers', who are asked for seconds."""

    def put(*rows: Row) -> None:
        monkeypatch.setattr("verify.run.CATALOGUE", rows)
        monkeypatch.setattr("verify.run.peer_cases", lambda: PEERS)

    return put


def two(settings: list[Setting] | None = None) -> tuple[Row, Row]:
    check = heard([] if settings is None else settings, PASS)
    return tuple(Row(BY_ID[id].formula, {"one": check}) for id in ("tanh", "logistic.dZ"))  # type: ignore[return-value]


def same(found: Any, wanted: Any) -> None:
    """Every field of every record; a nan is a nan."""
    assert [repr(x) for x in found] == [repr(x) for x in wanted]


# --- the whole --------------------------------------------------------------------------------------------------------
def test_every_part_of_a_run_stands_in_its_record_as_it_was_made(
    catalogue: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["somewhere/handgrad", "verify", "--data", "my data"])
    rows = tuple(BY_ID[id] for id in ("leaky_relu", "tanh"))
    catalogue(*rows)
    said: list[tuple[str, int, int]] = []
    found = verify(
        data="planar", layers=SIZES, exhaustive=True, seed=1, dtypes=["float32"],
        progress=lambda *step: said.append(step),
    )  # fmt: skip
    setting, data = Setting(1, ("float32",)), load("planar")
    same(found.discrepancies, [d for row in rows for d in examine(row, setting)])
    same(found.slips, [refuted(row, slip, Setting(1, quick=True, source=False)) for row in rows for slip in row.slips])
    assert [(slip.formula, slip.verdict) for slip in found.slips] == [("leaky_relu", "refuted")]
    same([found.network], [walk(data, SIZES, seed=1)])
    same([found.exhaustive], [every_element(data, SIZES, 1)])
    same(found.health, health(["leaky_relu", "tanh"], ["float32"], 1))
    same([found.faults], [some_faults(rows, 1)])
    assert (found.peer_cases, found.experiments, found.seed) == (PEERS, (), 1)
    assert found.command == "handgrad verify --data 'my data'"
    assert [f.id for f in found.formulas] == ["tanh", "leaky_relu"]
    assert found.environment["numpy"]
    parts = ["network 2-3-1", "exhaustive 2-3-1", *STEPS, "what other checks misjudge"]
    assert [name for name, _ in found.timings] == [*CHAPTERS, *parts, "all"]
    assert said == [(name, i, 7) for i, name in enumerate(["leaky_relu", "tanh", *parts])]
    spent = dict(found.timings)
    assert spent["chapter 1 · Logistic regression"] == spent["chapter 3 · Deep network"] == 0
    others = [seconds for name, seconds in found.timings[:-1] if seconds]
    assert len(others) == 6
    assert min(others) > 0
    assert sum(others) <= spent["all"] < 600


def test_the_times_of_a_row_are_added_to_its_chapter(catalogue: Callable[..., None]) -> None:
    catalogue(*two(), BY_ID["deep.notation"])
    spent = dict(verify(quick=True).timings)
    assert list(spent) == ["proof, tanh", *CHAPTERS, "all"]
    assert all(seconds > 0 for seconds in spent.values())

    def slow(function: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        sleep(0.05)
        return []

    catalogue(Row(BY_ID["tanh"].formula, {"one": slow}), Row(BY_ID["relu"].formula, {}))
    assert dict(verify(quick=True).timings)["chapter 2 · Shallow network"] >= 0.05


def test_the_loop_is_timed_beside_the_row_that_is_about_it_alone(catalogue: Callable[..., None]) -> None:
    catalogue(*two(), Row(BY_ID["vectorise"].formula, {}))
    for only, timed in ((["tanh"], False), (["tanh", "vectorise"], True)):
        names = [name for name, _ in verify(only, quick=True).timings]
        assert any(name.startswith("one pass") for name in names) is timed


# --- what is left out -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "parts"),
    [
        ({}, ["network 12288-20-7-5-1", *STEPS, "what other checks misjudge"]),
        ({"layers": (12288, 4, 1)}, ["network 12288-4-1", *STEPS, "what other checks misjudge"]),
        ({"data": "planar"}, ["network 2-20-7-5-1", *STEPS, "what other checks misjudge"]),
        ({"data": "planar", "only": ["*"]}, STEPS),
        ({"data": "planar", "quick": True}, []),
        ({"quick": True, "exhaustive": True, "data": "planar"}, ["exhaustive 2-20-7-5-1"]),
        ({"only": ["*"], "exhaustive": True, "data": "planar"}, ["exhaustive 2-20-7-5-1", *STEPS]),
        ({"quick": True, "exhaustive": True, "data": "planar", "layers": SIZES}, ["exhaustive 2-3-1"]),
        ({"data": "planar", "oracles": ["exact"]}, ["network 2-20-7-5-1", "what other checks misjudge"]),
        ({"only": ["tanh"]}, STEPS), ({"quick": True}, []), ({"only": ["tanh"], "quick": True}, []),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_walked_and_what_is_not_reached_is_inconclusive_where_it_decides(
    catalogue: Callable[..., None], more: dict[str, Any], parts: list[str]
) -> None:
    settings: list[Setting] = []
    catalogue(*two(settings))
    said: list[tuple[str, int, int]] = []
    found = verify(seconds=1e-9, progress=lambda *step: said.append(step), **more)
    ids = ["tanh"] if more.get("only") == ["tanh"] else ["tanh", "logistic.dZ"]
    steps = [*ids, *parts]
    assert said == [(name, i, len(steps)) for i, name in enumerate(steps)]
    late = [Discrepancy(id, "all", "formula", "none", INCONCLUSIVE) for id in ids]
    for part in parts:
        if part.startswith("network"):
            late.append(Discrepancy("network", "all", "agreement", "none", INCONCLUSIVE))
        if part.startswith("exhaustive"):
            late.append(Discrepancy("exhaustive", "all", "formula", "none", INCONCLUSIVE))
    same(found.discrepancies, [replace(row, finding="not reached within 1e-09 s") for row in late])
    assert (found.network, found.exhaustive, found.health, found.faults, found.peer_cases) == (None, None, (), None, ())
    assert (settings, found.seed) == ([], 0)
    assert [name for name, _ in found.timings] == [*CHAPTERS, "all"]
    assert sorted(f.id for f in found.formulas) == sorted(ids)


def test_within_the_time_everything_is_reached(catalogue: Callable[..., None]) -> None:
    catalogue(*two())
    found = verify(["tanh"], seconds=600)
    assert not any("not reached" in row.finding for row in found.discrepancies)
    assert found.faults is not None
    assert found.health


def test_the_parts_that_take_long_are_told_until_when_they_may_and_what_is_drawn(
    catalogue: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: dict[str, tuple[Any, ...]] = {}

    def listened(name: str, part: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: heard.__setitem__(name, given) or part(*given)

    catalogue(*two())
    for name, part in (("health", health), ("some_faults", some_faults)):
        monkeypatch.setattr(f"verify.run.{name}", listened(name, part))
    before = perf_counter()
    verify(["tanh"], seed=4, seconds=600, dtypes=["float32"])
    ids, dtypes, seed, until = heard["health"]
    assert (ids, dtypes, seed) == (["tanh"], ["float32"], 4)
    assert before + 600 < until < perf_counter() + 600
    rows, seed, same_end = heard["some_faults"]
    assert ([row.id for row in rows], seed, same_end) == (["tanh"], 4, until)
    verify(["tanh"])
    assert heard["health"][-1] == heard["some_faults"][-1] == inf


def test_formulas_that_no_asked_oracle_judges_are_left_out(catalogue: Callable[..., None]) -> None:
    catalogue(Row(BY_ID["tanh"].formula, {"one": heard([], PASS)}), Row(BY_ID["relu"].formula, {}))
    assert [f.id for f in verify(oracles=["exact"], only=["*"]).formulas] == ["tanh"]
    assert [f.id for f in verify(only=["*"], quick=True).formulas] == ["tanh", "relu"]


# --- what a row's checks are given ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "wanted", "seeds"),
    [
        ({"quick": True}, {"quick": True}, [4]),
        ({"quick": True, "full": True}, {"quick": True}, [4, 5, 6, 7, 8]),
        ({"quick": True, "dtypes": ["float32"]}, {"quick": True, "dtypes": ("float32",)}, [4]),
        ({"only": ["tanh"], "oracles": ["exact", "proof"]}, {"oracles": frozenset({"exact", "proof"})}, [4]),
        ({"only": ["tanh"], "oracles": ["exact"], "full": True}, {"oracles": frozenset({"exact"})}, [4, 5, 6, 7, 8]),
    ],
)
def test_every_seed_has_its_setting_and_the_first_alone_a_picture_and_times(
    catalogue: Callable[..., None], more: dict[str, Any], wanted: dict[str, Any], seeds: list[int]
) -> None:
    settings: list[Setting] = []
    catalogue(two(settings)[0])
    found = verify(seed=4, **more)
    plain = Setting().mends
    bare = [replace(setting, mends=plain, show=None, timed=None) for setting in settings]
    assert bare == [Setting(seed, mends=plain, **wanted) for seed in seeds]
    assert [row.seed for row in found.discrepancies if row.question == "formula"] == seeds
    assert [setting.show is not None for setting in settings] == [not more.get("quick"), *[False] * (len(seeds) - 1)]
    assert [setting.timed is not None for setting in settings] == [True, *[False] * (len(seeds) - 1)]
    assert found.experiments == (() if more.get("quick") else (PICTURE,))
    assert found.timings[0] == ("proof, tanh", 0.5)
    assert found.seed == 4


# --- slips ------------------------------------------------------------------------------------------------------------
def shown(at: str, verdict: str = FAIL) -> Any:
    return heard([], verdict, at=at, mine=f"mine {at}", want=f"want {at}", used=3.0)


WRITTEN = Written("author", "as written", "corrected", "a note", lambda z: z)
SLIP = partial(Slip, "tanh", "author", "as written", "corrected", note="a note")


@pytest.mark.parametrize(
    ("checks", "slip", "wanted"),
    [
        ([shown("[1]")], WRITTEN, SLIP("refuted", "[1]", "mine [1]", "want [1]", 3.0)),
        ([shown("[0]", PASS), shown(""), shown("[2]"), shown("[3]")], WRITTEN,
         SLIP("refuted", "[2]", "mine [2]", "want [2]", 3.0)),
        ([shown("[0]", INCONCLUSIVE), shown("")], WRITTEN, SLIP("refuted", "", "mine ", "want ", 3.0)),
        ([shown("[0]", PASS), shown("[1]", INCONCLUSIVE)], WRITTEN, SLIP("not refuted")),
        ([], WRITTEN, SLIP("not refuted")),
        ([shown("[1]")], replace(WRITTEN, wrong=None), SLIP("listed")),
    ],
)  # fmt: skip
def test_a_slip_is_refuted_by_the_first_element_that_shows_it_or_it_is_not(
    checks: list[Any], slip: Written, wanted: Slip
) -> None:
    row = Row(BY_ID["tanh"].formula, {str(i): check for i, check in enumerate(checks)})
    assert repr(refuted(row, slip, Setting(quick=True))) == repr(wanted)


def test_a_slip_is_judged_in_the_typical_case_with_no_look_into_its_source(catalogue: Callable[..., None]) -> None:
    settings: list[Setting] = []
    row, _ = two(settings)
    catalogue(replace(row, slips=(WRITTEN, replace(WRITTEN, wrong=None))))
    found = verify(["tanh"], seed=4, oracles=["exact"], full=True)
    assert [slip.verdict for slip in found.slips] == ["not refuted", "listed"]
    assert len(settings) == 6
    plain = Setting().mends
    assert replace(settings[-1], mends=plain) == Setting(4, quick=True, source=False, mends=plain)


# --- what is refused --------------------------------------------------------------------------------------------------
BOTH = "--layers is for the network, which --only and --quick leave out; give one or the other, or --exhaustive"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"only": ["tan"]}, "no formula is called 'tan' (did you mean 'tanh'?); `handgrad formulas` lists them"),
        (
            {"oracles": ["exact", "exakt"]},
            f"no oracle is called 'exakt' (did you mean 'exact'?); there are {', '.join(ORACLES)}",
        ),
        (
            {"layers": (3, 1)},
            "the layers '3,1' begin with 3, but an example of photo tiles has 12288 features; begin with 12288",
        ),
        ({"layers": SIZES, "quick": True}, BOTH),
        ({"layers": SIZES, "only": ["tanh"]}, BOTH),
        (
            {"layers": (3, 1), "data": "planar"},
            "the layers '3,1' begin with 3, but an example of planar flower has 2 features; begin with 2",
        ),
        (
            {"layers": (3, 1), "data": "planar", "quick": True, "exhaustive": True},
            "the layers '3,1' begin with 3, but an example of planar flower has 2 features; begin with 2",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_run(
    catalogue: Callable[..., None], more: dict[str, Any], said: str
) -> None:
    settings: list[Setting] = []
    catalogue(*two(settings))
    with pytest.raises(UserError) as caught:
        verify(**more)
    assert (str(caught.value), settings) == (said, [])
    # The data are looked at where they are given, whatever is to be run on them.
    with pytest.raises(UserError, match="no such folder"):
        verify(["tanh"], quick=True, data="no such folder")
