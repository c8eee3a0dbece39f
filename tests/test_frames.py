"""The frames: documented columns and types, the documented order, and files that read back the same."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from reports import frames
from reports.document import dump, load
from tests.sample_run import failing_run, sample_run
from verify.errors import UserError
from verify.records.discrepancy import COLUMNS, Discrepancy

# What has broken such files before: words that readers take for a missing value, quotes, line ends, numbers as text.
AWKWARD = Discrepancy(
    formula='a "quoted", id', quantity="NA", question="formula", oracle="null", verdict="fail", layer=None,
    mine="nan", want="-inf", exact="0.10", max_abs=inf, max_rel=5e-324, used=1.7976931348623157e308, detects=nan,
    diagnosis="two\nlines\n\n    indented", finding="σ′ <b>&amp;</b> | , ;", case="007", at="[2, 3]",
)  # fmt: skip


def written(frame: pd.DataFrame, folder: Path, kind: str) -> pd.DataFrame:
    path = folder / f"discrepancies.{kind}"
    path.write_bytes(frames.to_csv(frame) if kind == "csv" else frames.to_parquet(frame))
    return frames.read(path)


def test_columns_and_types_are_the_documented_ones_even_without_rows() -> None:
    for frame in (frames.discrepancies(sample_run()), frames.discrepancies([])):
        assert tuple(frame.columns) == COLUMNS
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == frames.DTYPES
    assert frames.DTYPES["layer"] == "Int64"
    assert frames.DTYPES["compared"] == "int64"
    assert frames.DTYPES["used"] == "float64"
    assert frames.DTYPES["mine"] == "str"


def test_every_row_of_the_run_and_of_its_network_is_in_the_frame() -> None:
    run = sample_run()
    assert run.network is not None
    frame = frames.discrepancies(run)
    assert len(frame) == len(run.discrepancies) + len(run.network.rows)
    assert list(frame["formula"][-len(run.network.rows) :]) == [row.formula for row in run.network.rows]


def test_a_run_keeps_the_order_of_the_notes_whatever_order_its_rows_came_in() -> None:
    run = sample_run()
    backwards = replace(run, discrepancies=run.discrepancies[::-1], network=None)
    order = list(dict.fromkeys(frames.discrepancies(backwards)["formula"]))
    assert order == [record.id for record in run.formulas]


def test_a_check_shows_failures_first_and_then_the_worst_use_of_the_budget() -> None:
    def row(name: str, verdict: str, used: float) -> Discrepancy:
        return Discrepancy("f", name, "formula", "certificate", verdict, used=used)

    rows = [row("a", "pass", 0.1), row("b", "inconclusive", nan), row("c", "pass", 0.9), row("d", "fail", 2.0)]
    rows += [row("e", "fail", nan), row("f", "fail", inf)]
    assert "".join(frames.discrepancies(rows)["quantity"]) == "fdecab"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_reads_back_the_same_frame(kind: str, tmp_path: Path) -> None:
    run = sample_run()
    frame = frames.discrepancies(replace(run, discrepancies=(*run.discrepancies, AWKWARD)))
    assert_frame_equal(written(frame, tmp_path, kind), frame, check_exact=True)
    empty = frames.discrepancies([])
    assert_frame_equal(written(empty, tmp_path, kind), empty)


def test_report_json_reads_back_the_same_frame_and_the_same_run(tmp_path: Path) -> None:
    run = replace(failing_run(), timings=())
    run = replace(run, discrepancies=(*run.discrepancies, AWKWARD))
    text = dump(run)
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    assert_frame_equal(frames.read(tmp_path / "report.json"), frames.discrepancies(run), check_exact=True)
    back = load(text)
    assert dump(back) == text
    assert (back.formulas, back.seed, back.command, back.environment) == (
        run.formulas, run.seed, run.command, run.environment,
    )  # fmt: skip
    assert back.experiments == run.experiments
    assert back.network is not None
    assert run.network is not None
    assert (back.network.data, back.network.layers) == (run.network.data, run.network.layers)


def test_a_report_from_before_test_parts_were_recorded_is_still_read() -> None:
    raw = json.loads(dump(sample_run()))
    for name in ("test_shape", "test_positives", "test_negatives"):
        del raw["network"]["data"][name]
    network = load(json.dumps(raw)).network
    assert network is not None
    assert (network.data.shape, network.data.test_shape) == ((12288, 209), ())
    del raw["network"]["data"]["shape"]
    with pytest.raises(UserError, match="damaged"):
        load(json.dumps(raw))


numbers = st.floats() | st.just(nan)
# Any character that UTF-8 holds, control characters other than line ends and tabs left out.
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n\r\t,\"'"), max_size=12)
rows = st.builds(
    Discrepancy, texts, texts, texts, texts, st.sampled_from(("pass", "fail", "inconclusive")),
    layer=st.none() | st.integers(0, 2**31), mine=texts | st.sampled_from(("nan", "NaN", "", "1e5", "True")),
    diagnosis=texts, compared=st.integers(0, 2**62), max_abs=numbers, used=numbers, own=numbers,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(rows, max_size=4))
def test_any_rows_survive_csv_parquet_and_json(
    tmp_path_factory: pytest.TempPathFactory, found: list[Discrepancy]
) -> None:
    frame = frames.discrepancies(found)
    folder = tmp_path_factory.mktemp("rows")
    for kind in ("csv", "parquet"):
        assert_frame_equal(written(frame, folder, kind), frame, check_exact=True)
    run = replace(sample_run(), discrepancies=tuple(found), formulas=(), network=None)
    assert_frame_equal(frames.discrepancies(load(dump(run))), frames.discrepancies(run), check_exact=True)


def test_report_json_is_strict_json_one_record_a_line_with_null_for_nan() -> None:
    run = replace(sample_run(), discrepancies=(AWKWARD,))

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    raw = json.loads(dump(run), parse_constant=refuse)
    assert (raw["schema"], raw["version"], raw["exit_status"]) == ("handgrad-report", 1, 1)
    assert raw["discrepancies"][0]["detects"] is None
    assert raw["discrepancies"][0]["max_abs"] == "inf"
    assert set(raw["discrepancies"][0]) == set(COLUMNS)
    assert list(raw) == sorted(raw)
    assert sum(line.startswith("{") for line in dump(sample_run()).splitlines()[1:]) > 100


def test_report_json_holds_no_wall_time() -> None:
    run = sample_run()
    assert dump(run) == dump(replace(run, timings=(("network", 1234.5),)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "schema"),
        ('{"schema": "other"}', "schema"),
        ('{"schema": "handgrad-report", "version": 99}', "version 99"),
        ('{"schema": "handgrad-report", "version": 1}', "damaged"),
        ('{"schema": "handgrad-report", "version": 1, "formulas": [{"id": 1}]}', "damaged"),
    ],
)
def test_a_document_that_is_no_report_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        load(text)
    assert "\n" not in str(raised.value)


def test_the_same_run_gives_the_same_bytes() -> None:
    first, second = (frames.discrepancies(sample_run()) for _ in range(2))
    assert frames.to_csv(first) == frames.to_csv(second)
    assert frames.to_parquet(first) == frames.to_parquet(second)


def test_the_formulas_frame_gives_a_verdict_to_every_formula() -> None:
    frame = frames.formulas(failing_run()).set_index("id")
    assert len(frame) == len(failing_run().formulas)
    assert frame.loc["shallow.dZ1", "verdict"] == "fail"
    assert frame.loc["shallow.dZ1", "used"] == 4.4e14
    assert frame.loc["deep.dA_L", "verdict"] == "inconclusive"
    assert frame.loc["sigmoid.slope_in_a", "digits_mine"] == 0.0
    assert frame.loc["hyperparameters", "verdict"] == "pass"


def test_the_network_frame_has_one_row_a_tensor_with_the_digits_of_both_sides() -> None:
    frame = frames.network(sample_run())
    assert len(frame) == 24
    assert frame.notna().all(axis=None)
    first = frame.iloc[0]
    assert (first["quantity"], first["layer"], first["shape"], first["verdict"]) == ("Z1", 1, "(20, 209)", "pass")
    assert len(frames.network(replace(sample_run(), network=None))) == 0


def test_several_rows_of_one_tensor_become_one_with_the_worst_of_each_and_the_distance_to_the_exact_value() -> None:
    run = sample_run()
    assert run.network is not None
    agreement = replace(run.network.rows[0], max_abs=1.0, own=0.9, digits_torch=3.0)
    arithmetic = replace(agreement, question="arithmetic", max_abs=1e-16, verdict="fail", own=nan, digits_mine=2.0)
    both = frames.network(replace(run, network=replace(run.network, rows=(agreement, arithmetic)))).iloc[0]
    assert (both["max_abs"], both["own"], both["digits_mine"], both["digits_torch"]) == (1e-16, 0.9, 2.0, 3.0)
    assert both["verdict"] == "fail"


def test_the_slips_and_timings_frames_hold_what_the_run_holds() -> None:
    run = sample_run()
    assert list(frames.slips(run)["verdict"]) == ["refuted", "refuted", "listed"]
    assert list(frames.slips(replace(run, slips=())).columns) == list(frames.slips(run).columns)
    assert frames.timings(run).to_dict("list") == {
        "stage": [name for name, _ in run.timings],
        "seconds": [seconds for _, seconds in run.timings],
    }
