import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terms import Term
from pipeline.terms_exchange import read_exchange

TBX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en"><text><body>
<termEntry id="1">
 <descrip type="subjectField">finance</descrip><note>of a currency</note>
 <langSet xml:lang="zh-CN"><tig><term>汇率</term></tig><tig><term>兑换率</term></tig></langSet>
 <langSet xml:lang="en-US">
  <tig><term>FX  rate</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></tig>
  <tig><term>exchange rate</term><termNote type="administrativeStatus">preferredTerm-admn-sts</termNote></tig>
  <tig><term>swap price</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig>
 </langSet>
 <langSet xml:lang="de"><tig><term>Wechselkurs</term></tig></langSet>
</termEntry>
</body></text></martif>"""

TBX3 = """<tbx xmlns="urn:iso:std:iso:30042:ed-2" style="dca" type="TBX-Core"><text><body><conceptEntry id="c">
<langSec xml:lang="zh"><termSec><term>云</term></termSec></langSec><langSec xml:lang="en"><termSec><term>a|b</term></termSec></langSec>
</conceptEntry></body></text></tbx>"""

TMX = """<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header srclang="zh"/><body>
<tu><note>n</note><tuv xml:lang="ZH-cn"><seg>汇率&amp;<bpt i="1">&lt;b&gt;</bpt>利率<ept i="1"/></seg></tuv>
<tuv xml:lang="EN"><seg>exchange rate</seg></tuv></tu></body></tmx>"""


def problems(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in read_exchange(text.encode()).problems]


def test_a_tbx_entry_gives_its_terms_with_alternatives_and_forbidden_ones() -> None:
    reading = read_exchange(TBX.encode())
    assert reading.problems == []
    expected = []
    for source in ("汇率", "兑换率"):
        expected.append(Term(source, "exchange rate", ("FX rate",), domain="finance", note="of a currency"))
        expected.append(Term(source, "swap price", forbidden=True, domain="finance", note="of a currency"))
    assert reading.terms == expected
    assert reading.lines == [6] * 4


def test_the_newer_tbx_is_read_too_and_bars_stay() -> None:
    assert read_exchange(TBX3.encode()).terms == [Term("云", "a|b")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_tmx_unit_gives_a_term_without_its_inline_codes(encoding: str) -> None:
    assert read_exchange(TMX.encode(encoding)).terms == [Term("汇率&利率", "exchange rate", note="n")]


def test_entries_that_cannot_be_used_are_named() -> None:
    text = TMX.replace("<seg>exchange rate</seg>", "<seg> </seg>").replace(
        "</body>", '\n<tu><tuv xml:lang="zh"><seg>甲</seg></tuv></tu></body>'
    )
    assert problems(text) == [(3, 20, "the target is empty"), (4, 1, "the entry has no English term")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE tmx [<!ENTITY a "b">]><tmx>&a;</tmx>', "declares entities"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>', "declares entities"),
        ('<!DOCTYPE tmx SYSTEM "x.dtd"><tmx>&a;</tmx>', "entity 'a' is not declared"),
        ("<a>" * 100, "nested deeper than 64"),
        ("<tmx><tu>", "no well-formed XML"),
        ("not xml", "no well-formed XML"),
        ('<?xml version="1.0" encoding="x-none"?><tmx/>', "encoding cannot be read"),
        ("<html/>", "no entry of TBX or TMX"),
    ],
)
def test_hostile_and_other_files_are_refused(text: str, reason: str) -> None:
    ((_, _, found),) = problems(text)
    assert reason in found


@given(st.text(max_size=50), st.integers(0, len(TBX)))
def test_any_damage_is_reported_or_harmless(noise: str, place: int) -> None:
    reading = read_exchange((TBX[:place] + noise + TBX[place:]).encode("utf-8", "surrogatepass"))
    assert len(reading.terms) == len(reading.lines)
