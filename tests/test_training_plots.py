"""The pictures of a training: nothing that stands out is lost, nothing is drawn that is no number, both themes hold."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf, isnan, nan

import pytest

from reports.html import page
from reports.training_plots import BUCKETS, accuracies, costs, differences, thinned
from tests.sample_run import parted_training, sample_training, stopped_training
from verify.records.run import Run
from verify.records.training import TrainingRecord


def training_of(run: Run) -> TrainingRecord:
    assert run.training is not None
    return run.training


def long_training(n: int = 20_000) -> TrainingRecord:
    """Twenty thousand iterations, one of which stands out."""
    training = training_of(sample_training(n, every=400))
    rows = list(training.rows)
    rows[7777] = replace(rows[7777], cost_manual=9.0, difference=3.0)
    return replace(training, rows=tuple(rows))


def test_a_picture_of_many_iterations_keeps_the_ends_and_whatever_stands_out() -> None:
    training = long_training()
    kept = thinned(training.rows, "cost_manual", "difference")
    assert len(kept) <= 4 * BUCKETS + 2
    assert {0, 7777, 20_000} <= {row.iteration for row in kept}
    assert [row.iteration for row in kept] == sorted({row.iteration for row in kept})
    few = training.rows[: 2 * BUCKETS]
    assert thinned(few, "cost_manual") == list(few)


def test_checkpoints_are_not_thinned_away_between_rows_that_do_not_know_them() -> None:
    checked = [row for row in long_training().rows if not isnan(row.accuracy_train_manual)]
    kept = thinned(long_training().rows, "accuracy_train_manual")
    assert [row for row in kept if not isnan(row.accuracy_train_manual)] == checked


def test_a_page_of_many_iterations_stays_below_a_megabyte_and_a_half_and_says_what_it_leaves_out() -> None:
    text = page(replace(sample_training(), training=long_training()))
    assert len(text.encode()) < 1_500_000
    assert "Of the 20,001 rows" in text
    assert "Of the" not in page(replace(sample_training(), training=training_of(sample_training(400))))


def labels(svg: str) -> list[str]:
    return re.findall("<text[^>]*>([^<]*)</text>", svg)


def test_the_pictures_name_what_they_show_and_mark_the_parting() -> None:
    together, parted = training_of(sample_training()), training_of(parted_training())
    for picture in (costs, differences):
        assert "they part at iteration 400" in labels(picture(parted))
        assert not any("part" in label for label in labels(picture(together)))
    assert {"by hand", "PyTorch", "cost J", "iteration"} <= set(labels(costs(together)))
    assert {"difference", "up to 8 × the spread", "0"} <= set(labels(differences(together)))
    assert {"train part", "test part", "by hand", "PyTorch"} <= set(labels(accuracies(together)))


def test_a_picture_has_no_colour_but_those_of_the_page() -> None:
    for picture in (costs, differences, accuracies):
        svg = picture(training_of(parted_training()))
        assert not re.findall(r'(?:fill|stroke)="(?!var\(--|none|transparent)[^"]*"', svg)


def test_a_test_part_that_is_not_there_is_not_drawn() -> None:
    training = training_of(sample_training())
    rows = tuple(replace(row, accuracy_test_manual=nan, accuracy_test_torch=nan) for row in training.rows)
    drawn = set(labels(accuracies(replace(training, rows=rows))))
    assert "train part" in drawn
    assert "test part" not in drawn


def test_a_cost_that_explodes_is_drawn_on_a_log_scale_and_no_nan_or_infinity_is_drawn() -> None:
    diverged = training_of(stopped_training("diverged"))
    assert "cost J" in labels(costs(diverged))
    rows = tuple(replace(row, cost_torch=row.cost_torch * 1e5) for row in diverged.rows)
    assert "cost J, log scale" in labels(costs(replace(diverged, rows=rows)))
    for picture in (costs, differences, accuracies):
        assert not re.search("nan|infinity", picture(diverged), re.IGNORECASE)


@pytest.mark.parametrize("value", [0.0, 5e-324, 1.7976931348623157e308, inf, nan])
def test_the_ends_of_the_range_of_floats_break_no_picture(value: float) -> None:
    training = training_of(sample_training())
    rows = tuple(replace(r, cost_manual=value, difference=value, spread=value) for r in training.rows[:3])
    for picture in (costs, differences):
        assert not re.search("nan|infinity", picture(replace(training, rows=rows)), re.IGNORECASE)


def test_a_single_iteration_is_seen_and_none_makes_no_picture() -> None:
    training = training_of(sample_training())
    one = replace(training, rows=training.rows[:1])
    assert costs(one).count("<path") > costs(replace(training, rows=training.rows[:2])).count("<path")
    none = replace(training, rows=())
    assert [picture(none) for picture in (costs, differences, accuracies)] == ["", "", ""]


def test_a_few_iterations_have_a_tick_each_and_none_between_them() -> None:
    training = training_of(sample_training())
    assert labels(costs(replace(training, rows=training.rows[:3])))[:3] == ["0", "1", "2"]
