"""The page: well-formed, self-contained, accessible, escaped, the same bytes twice, and right in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reports.html import TEMPLATES, page
from reports.mathml import mathml
from reports.plots import LINES
from tests import sample_elements as elements
from tests.sample_run import (
    big_run,
    failing_run,
    failing_training,
    parted_training,
    sample_run,
    sample_training,
    stopped_training,
)
from verify.formulas import records
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.run import Run

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """The page as tags; raises where an element is not closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []  # the innermost of math, code, pre, style; and the text
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        place = next((tag for tag in reversed(self.open) if tag in ("math", "code", "pre", "style")), "")
        self.words.append((place, data))

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def text(self, *places: str) -> str:
        return " ".join(words for place, words in self.words if place in places)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    run = sample_run()
    bare = replace(run, network=None, slips=(), discrepancies=(), environment={})
    return {
        "sample": page(run), "failing": page(failing_run()), "bare": page(bare), "nothing": page(nothing(run)),
        "training": page(sample_training()), "parted": page(parted_training()),
        "diverged": page(stopped_training("diverged")), "failing training": page(failing_training()),
        "both": page(replace(run, training=sample_training().training)),
        "elements": page(elements.all_wrong()), "kinked": page(elements.kinked()),
    }  # fmt: skip


def nothing(run: Run) -> Run:
    return replace(run, network=None, slips=(), discrepancies=(), environment={}, formulas=())


@pytest.fixture(
    scope="module",
    params=["sample", "failing", "bare", "nothing", "training", "parted", "diverged", "failing training", "both"],
)
def parsed(request: pytest.FixtureRequest, texts: dict[str, str]) -> Page:
    return Page(texts[request.param])


def test_nothing_is_fetched_and_nothing_is_run(parsed: Page) -> None:
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for _, attributes in parsed.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
                assert value.startswith(("#", "data:image/png;base64,"))
    assert "http" not in parsed.text("style")
    assert "url(" not in parsed.text("style")
    assert "@import" not in parsed.text("style")


def test_every_id_is_there_once_and_every_link_arrives(parsed: Page) -> None:
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in parsed.tags:
        for target in (attributes.get("href", "")[1:], attributes.get("aria-labelledby", "")):
            assert not target or target in ids


def test_landmarks_headings_and_pictures_are_those_of_a_readable_page(parsed: Page) -> None:
    assert [len(parsed.all(tag)) for tag in ("h1", "main", "nav", "title")] == [1, 1, 1, 1]
    assert parsed.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("alt" in attributes for attributes in parsed.all("img"))
    assert all("aria-label" in attributes for _, attributes in parsed.tags if attributes.get("tabindex") == "0")


def test_every_table_has_a_caption_and_headers_with_a_scope(parsed: Page) -> None:
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert all(attributes.get("scope") in ("col", "row") for attributes in parsed.all("th"))


def test_every_formula_is_there_with_its_rows_and_its_mathml(texts: dict[str, str]) -> None:
    run = sample_run()
    parsed = Page(texts["sample"])
    ids = {attributes.get("id") for attributes in parsed.all("article")}
    assert ids == {f"f-{record.id}" for record in run.formulas}
    assert len(parsed.all("math")) == len(run.formulas) + 2 * len(run.slips)
    assert "latex" not in {attributes.get("class") for attributes in parsed.all("code")}
    assert "\\" not in parsed.text("math", "")
    assert texts["sample"].count("<small>agreement</small>") >= sum(
        r.question == "agreement" for r in run.discrepancies
    )


def test_every_formula_of_the_notes_is_set_as_mathml() -> None:
    for record in records():
        assert mathml(record.latex).startswith("<math"), record.latex


def test_latex_that_cannot_be_set_stays_readable_and_harmless() -> None:
    assert mathml(r"\nosuch{x}") == r'<code class="latex">\nosuch{x}</code>'
    assert "<script" not in mathml(r"\text{<script>}")
    assert mathml(r"\begin{").startswith(("<code", "<math"))


def test_the_name_of_a_function_is_set_apart_from_its_neighbours() -> None:
    assert '<mo form="prefix" lspace="0.17em" rspace="0.17em">log</mo>' in mathml(r"y \log a")
    assert '<mo form="prefix" lspace="0.17em" rspace="0">log</mo>' in mathml(r"\log(a)")


def test_bars_and_assignments_are_set_close() -> None:
    assert mathml("|z|").count('lspace="0" rspace="0">|</mo>') == 2
    assert "<mo>:=</mo>" in mathml("w := w")


def test_limits_stand_below_in_a_formula_on_display() -> None:
    assert "<munder>" in mathml(r"\lim_{h \to 0} f")
    assert "<munder>" not in mathml(r"\lim_{h \to 0} f", display="inline")


def test_text_from_the_run_is_escaped_wherever_it_stands() -> None:
    run, evil = sample_run(), '<b onclick="x">&amp;</b><script>1</script>'
    row = Discrepancy(
        "sigmoid", evil, evil, evil, "fail", case=evil, at=evil, mine=evil, want=evil, exact=evil, finding=evil,
        diagnosis=evil, shape=evil, dtype=evil, convention=evil, source=evil,
    )  # fmt: skip
    record = replace(run.formulas[0], statement=evil, shapes=evil, source=evil, kind=evil, code=evil, remark=evil)
    slip = replace(run.slips[0], formula=evil, at=evil, mine=evil, want=evil, note=evil, as_written=evil)
    assert run.network is not None
    data = replace(run.network.data, name=evil, source=evil, licence=evil, note=evil)
    network = replace(run.network, data=data, init=evil, convention=evil, rows=(replace(row, layer=1),))
    line, found = Series(evil, (0.0, 1.0), (1.0, 2.0), evil, evil), Statistic(evil, evil, evil, "pass")
    tried = Experiment(evil, evil, evil, (found,), "fail", evil, evil, "", (line,), note=evil)
    text = page(
        replace(
            run, formulas=(record,), discrepancies=(row,), slips=(slip,), network=network, environment={evil: evil},
            command=evil, experiments=(tried,),
        )
    )  # fmt: skip
    assert "<script" not in text
    assert "<b onclick" not in text
    assert "&lt;b onclick=" in text
    Page(text)


def test_the_shape_and_balance_of_both_parts_of_the_data_are_told_and_of_no_part_that_is_not_there() -> None:
    run = sample_run()
    assert run.network is not None
    told = Page(page(run)).text("")
    assert "shape 12288 × 209: 104 of class 1, 105 of class 0" in told
    assert "shape 12288 × 50: 27 of class 1, 23 of class 0" in told
    bare = replace(run.network, data=replace(run.network.data, test_shape=()))
    assert "Test part" not in Page(page(replace(run, network=bare))).text("")


def test_what_failed_stands_first_and_is_told_in_full(texts: dict[str, str]) -> None:
    text = texts["failing"]
    assert text.index('id="failures"') < text.index('id="glance"')
    assert "1 of 12 formulas fails" in text
    failures = text[text.index('id="failures"') : text.index('id="glance"')]
    for part in ("0.19661193324148185254024823981643", "4.4e14 ×", "[2, 3]", "Z1 = np.array", "not refuted"):
        assert part in failures
    assert 'id="failures"' not in texts["sample"]


def test_an_experiment_is_told_with_what_was_stated_what_was_found_and_its_picture(texts: dict[str, str]) -> None:
    text = texts["sample"]
    assert text.index('id="chapter-3"') < text.index('id="experiments"') < text.index('id="network"')
    section = text[text.index('id="experiments"') : text.index('id="network"')]
    for part in (
        "Stated beforehand: α = 30 is too large",
        "<td>399</td><td>some, at every seed</td>",
        "Each line is a",
    ):
        assert part in section
    assert section.count('<div class="panels') == 1
    assert section.count("<svg") == 4 + 2  # the panels and the key
    assert 'id="experiments"' not in page(replace(sample_run(), experiments=()))


def test_a_verdict_is_never_told_by_colour_alone(texts: dict[str, str]) -> None:
    badges = re.findall(r'<span class="verdict [^"]*"><span aria-hidden="true">.</span>(.*?)</span>', texts["failing"])
    assert len(badges) > 200
    for badge in badges:
        assert re.search("pass|fail|not refuted|refuted|inconclusive|listed", badge)


def test_the_same_run_gives_the_same_page_and_no_wall_time_is_in_it(texts: dict[str, str]) -> None:
    assert page(replace(sample_run(), timings=(("all", 98765.4),))) == texts["sample"]


def test_a_hundred_formulas_of_twelve_rows_stay_below_a_megabyte_and_a_half() -> None:
    assert len(page(big_run()).encode()) < 1_500_000


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2)."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[scheme]))
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in ("paper", "card", "sunk")]
    pairs += [(verdict, f"{verdict}-bg") for verdict in ("pass", "fail", "open")] + [("pass", "sunk")]
    lines = [f"line-{i}" for i in range(1, len(LINES) + 1)]
    pairs += [(side, ground) for side in ("mine", "torch", *lines) for ground in ("paper", "card")]
    for ink, ground in pairs:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "hide-scrollbars",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.mark.parametrize("name", ["failing", "parted"])
@pytest.mark.parametrize("width", [375, 1280])
def test_a_browser_shows_the_page_without_scrolling_sideways_or_asking_for_anything(
    browser: Any, width: int, name: str, tmp_path: Path, texts: dict[str, str]
) -> None:
    (tmp_path / "index.html").write_text(texts[name], encoding="utf-8")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get((tmp_path / "index.html").as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    seen = browser.execute_script(
        "const boxes = [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect());"
        "return {wide: document.documentElement.scrollWidth, asked: performance.getEntriesByType('resource')"
        ".filter(r => !r.name.startsWith('data:')).length, thin: boxes.filter(b => b.height < 8 || b.width < 8).length,"
        " pictures: [...document.images].filter(i => !i.naturalWidth).length, mode: document.compatMode}"
    )
    assert seen == {"wide": width, "asked": 0, "thin": 0, "pictures": 0, "mode": "CSS1Compat"}
