"""Shape strings: what they say is read, what contradicts them is one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.errors import UserError
from verify.signature import Signature, parse, sizes_of

DIMENSIONS = st.lists(st.sampled_from(["n", "p", "q", "m", "1", "2"]), min_size=1, max_size=3).map(tuple)
NAMED = st.dictionaries(st.sampled_from(["W", "A_prev", "b", "dZ", "x"]), DIMENSIONS, min_size=1, max_size=4)


def written(named: dict[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{name}: {' '.join(dims)}" for name, dims in named.items())


@settings(max_examples=50)
@given(NAMED, NAMED)
def test_a_written_shape_string_that_is_not_read_back_would_check_other_shapes(
    inputs: dict[str, tuple[str, ...]], outputs: dict[str, tuple[str, ...]]
) -> None:
    found = parse(f"{written(inputs)} -> {written(outputs)}")
    assert found == Signature(inputs, outputs)
    assert list(found.inputs) == list(inputs)
    assert list(found.outputs) == list(outputs)


def test_one_output_without_a_name_is_the_value_and_no_arrow_means_no_output() -> None:
    assert parse("W: n p, x: p m -> n m").outputs == {"value": ("n", "m")}
    assert parse("z: * -> *").outputs == {"value": ("*",)}
    assert parse("W: n p").outputs == {}
    assert parse("-> n m").inputs == {}


@pytest.mark.parametrize("dims", ["layers", "names", "sizes", "integer", "function", "text", "generator"])
def test_an_argument_that_is_no_array_is_not_drawn_as_one(dims: str) -> None:
    signature = parse(f"given: {dims}, x: n m -> n m")
    assert not signature.is_array("given")
    assert signature.is_array("x")


WRITE = "which is not of the form 'name: dimensions'; write, for example, 'W: n p, A_prev: p m, b: n 1 -> n m'"
TWICE = "twice; every array needs a name of its own"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("W n p", f"has the part 'W n p', {WRITE}"), ("W:", f"has the part 'W:', {WRITE}"),
        (" : n p", f"has the part ': n p', {WRITE}"), ("W: n p, W: p m", f"names W {TWICE}"),
        ("x: n -> dx: n, dx: m", f"names dx {TWICE}"), ("x: n -> dx: n, m", f"has the part 'm', {WRITE}"),
        ("x: n, y -> n", f"has the part 'y', {WRITE}"),
    ],
)  # fmt: skip
def test_a_shape_string_that_cannot_be_read_is_one_sentence_that_quotes_it(text: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        parse(text)
    assert str(raised.value) == f"the shape string {text!r} {said}"


def test_spaces_and_empty_parts_do_not_matter_and_only_the_first_arrow_and_colon_divide() -> None:
    assert parse(" W :  n  p ,, b:n 1,->  n   m ") == Signature(
        {"W": ("n", "p"), "b": ("n", "1")}, {"value": ("n", "m")}
    )
    assert parse("f: a:b -> c -> d").inputs == {"f": ("a:b",)}
    assert parse("f: a:b -> c -> d").outputs == {"value": ("c", "->", "d")}
    assert parse("") == Signature({}, {})


@settings(max_examples=50)
@given(NAMED, st.fixed_dictionaries(dict.fromkeys("npqm", st.integers(1, 9))))
def test_sizes_that_fit_are_read_off_the_shapes(named: dict[str, tuple[str, ...]], sizes: dict[str, int]) -> None:
    known = {**sizes, "1": 1, "2": 2}
    shapes = {name: tuple(known[d] for d in dims) for name, dims in named.items()}
    used = {d for dims in named.values() for d in dims if not d.isdigit()}
    assert sizes_of(parse(written(named)), shapes) == {d: sizes[d] for d in used}


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"W": (3, 4), "A": (5, 6)}, "A has shape (5, 6), but W of shape (3, 4) makes p = 4; the two must agree"),
        ({"W": (3, 4), "A": (4, 6), "b": (2, 1)}, "b has shape (2, 1), but W of shape (3, 4) makes n = 3; {}"),
        ({"A": (4, 6), "c": (6, 5)}, "c has shape (6, 5), but A of shape (4, 6) makes p = 4; the two must agree"),
        ({"W": (3, 4), "b": (3, 6)}, "b has shape (3, 6), but the shape string makes 1 = 1; the two must agree"),
        ({"b": (3, 1), "one": (2,)}, "one has shape (2,), but the shape string makes 1 = 1; the two must agree"),
        ({"W": (3,)}, "W has shape (3,), which has 1 dimensions; 'W: n p' has 2: reshape it"),
        ({"rate": (1,)}, "rate has shape (1,), which has 1 dimensions; 'rate: scalar' has 0: reshape it"),
        ({"square": (2, 3)}, "square has shape (2, 3), but square of shape (2, 3) makes q = 2; the two must agree"),
    ],
)
def test_shapes_that_do_not_fit_are_one_sentence_that_names_the_two(
    shapes: dict[str, tuple[int, ...]], said: str
) -> None:
    with pytest.raises(UserError) as raised:
        sizes_of(parse("W: n p, A: p m, b: n 1, rate: scalar, c: m p, square: q q, one: 1 -> n m"), shapes)
    assert str(raised.value) == said.format("the two must agree")


def test_what_has_no_size_of_its_own_fits_everything() -> None:
    signature = parse("Z: *, rate: scalar, activation: text, W: n p -> *")
    assert sizes_of(signature, {"Z": (2, 3, 4), "rate": (), "activation": (9,), "W": (5, 6)}) == {"n": 5, "p": 6}
    assert sizes_of(signature, {"W": (5, 6)}) == {"n": 5, "p": 6}
    assert sizes_of(parse("x: 3 n -> n"), {"x": (3, 5)}) == {"n": 5}
