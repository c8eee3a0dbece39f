"""LaTeX of the notes as MathML that browsers set well; the LaTeX itself, as code, where it cannot be converted."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert

MATHML = "http://www.w3.org/1998/Math/MathML"
BARS = frozenset("|‖∥")  # a bar may open or close: the spacing must not guess
FUNCTIONS = frozenset(("log", "exp", "tanh", "sin", "cos", "ln", "max", "min", "diag"))
LIMITS = frozenset(("lim", "max", "min"))  # in a formula on display, what is below them stands below them
WORD = re.compile(r"\\(?:operatorname\*?|mathrm|mathtt|texttt)\{([\w.\s]{2,})\}")
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split)\}")
# Browsers honour no mathvariant but "normal": these come out as characters of their own, or upright.
UPRIGHT = frozenset(("normal", "sans-serif"))


def mathml(latex: str, display: str = "block") -> str:
    """The formula as a `<math>` element, well-formed and escaped; its LaTeX as `<code>` where a command is unknown."""
    source = ALIGNED.sub(r"\\\1{align*}", WORD.sub(r"\\text{\1}", latex))
    try:
        root = ET.fromstring(convert(source, display=display).replace("<mi>&</mi>", "<mi>&amp;</mi>"))
    except Exception:  # the converter raises a dozen kinds of its own, and none of them may cost the reader the page
        return _code(latex)
    if any(mark in text for text in root.itertext() for mark in "\\&"):
        return _code(latex)
    for parent in root.iter():
        _mend(parent)
        if display == "block" and parent.tag.endswith("}msub") and parent[0].text in LIMITS:
            parent.tag = f"{{{MATHML}}}munder"
    return _written(root)


def _code(latex: str) -> str:
    return f'<code class="latex">{escape(latex)}</code>'


def _mend(parent: ET.Element) -> None:
    row = parent.tag in (f"{{{MATHML}}}{tag}" for tag in ("mrow", "math", "mtd", "mstyle"))
    children = list(parent)
    for child, following in zip(children, [*children[1:], None], strict=False):
        tag = child.tag.removeprefix(f"{{{MATHML}}}")
        variant = child.attrib.pop("mathvariant", "")
        if variant in UPRIGHT and tag == "mi":
            child.set("mathvariant", "normal")
        if tag in ("mi", "mo") and child.text in FUNCTIONS:
            # The name of a function is an operator to the spacing: y log a, not yloga; but log(a) stays together.
            child.tag = f"{{{MATHML}}}mo"
            opened = following is not None and following.text in ("(", "[", "{")
            child.attrib.update(form="prefix", lspace="0.17em" if row else "0", rspace="0" if opened else "0.17em")
        if tag == "mo" and child.text in BARS:
            child.attrib.update(lspace="0", rspace="0")
        if row and child.text == ":" and following is not None and following.text == "=":
            following.text = ":="
            parent.remove(child)
        elif row and tag == "mo" and not child.text and not len(child):
            parent.remove(child)


def _written(root: ET.Element) -> str:
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{MATHML}}}")
    return ET.tostring(root, encoding="unicode")
