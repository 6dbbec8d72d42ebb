"""Jobs of pages with inline formatting, whose sentences are aligned, and a glossary: what kills must not change."""

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.database import Database
from models.glossaries import store_glossary
from models.options import JobOptions
from models.segment import Origin
from models.tables import AlignmentRow, DocumentState, SegmentRow
from models.terms import Term
from tasks.inline import run
from tests.servers import create_postgres_schema
from tests.stages import OPTIONS
from tests.tasks.jobsite import Jobsite, marked_chapter, wait_for_line

PAGES = {f"{number}.html": marked_chapter(number) for number in range(2)}


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str) -> Iterator[Jobsite]:
    made = Jobsite(tmp_path, sqlite_url)
    yield made
    made.close()


def with_glossary(database: Database) -> JobOptions:
    with database.begin() as session:
        version = store_glossary(session, "terms", [Term("汇率", "exchange rate"), Term("银行", "bank")])
    return replace(OPTIONS, glossaries=(version.id,))


def submit(site: Jobsite, output: str = "out") -> None:
    site.submit(PAGES, output, with_glossary(site.database))


def expected(site: Jobsite) -> dict[str, bytes]:
    """Translate the same pages undisturbed, into another folder and database, and return what came out."""
    calm = Jobsite(site.folder, f"sqlite:///{site.folder}/calm.sqlite3")
    submit(calm, "calm")
    run(calm.settings, None, 1, lambda progress: None)
    calm.close()
    return calm.outputs("calm")


def check(site: Jobsite) -> None:
    """Check what must hold, and that every segment has its links and verdicts."""
    site.check()
    assert [row.state for row in site.documents()] == [DocumentState.DONE] * 2
    with site.database.begin() as session:
        segments = session.scalars(select(SegmentRow)).all()
        aligned = session.scalar(select(func.count()).select_from(AlignmentRow))
    assert aligned == len({segment.source for segment in segments}) == 2 * 20 + 10
    for segment in segments:
        assert segment.needs_alignment
        assert segment.alignment
        assert "injected" in segment.verdicts
        assert segment.projection is not None
        assert segment.origin is Origin.MACHINE


def test_formatting_and_terms_stand_in_the_pages(site: Jobsite) -> None:
    submit(site)
    run(site.settings, None, 1, lambda progress: None)
    page = site.outputs()["1.html"].decode()
    assert page.count("<b>") == page.count("</b>") == page.count("xchange") == 20
    assert page.count("<i>") == page.count("ank") == 10
    check(site)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["parsed", "translated", "aligned", "finished", "written"])
def test_a_crash_at_any_point_is_made_good_by_resume(site: Jobsite, point: str) -> None:
    submit(site)
    assert site.resume(failpoint=f"{point}=kill") == -signal.SIGKILL
    assert site.resume() == 0
    assert site.outputs() == expected(site)
    check(site)


@pytest.mark.slow
def test_kills_at_random_moments_leave_the_outputs_of_an_undisturbed_run(site: Jobsite) -> None:
    submit(site)
    for _ in range(4):
        process = site.start("inline", "0", "2", failpoint="aligned=sleep:0.2")
        wait_for_line(process, "started")
        time.sleep(random.uniform(0, 0.8))
        process.kill()
        process.communicate()
    assert site.resume() == 0
    assert site.outputs() == expected(site)
    check(site)


@pytest.mark.slow
@pytest.mark.postgres
def test_two_workers_on_a_server_align_and_prove_every_segment(postgres: str, tmp_path: Path) -> None:
    site = Jobsite(tmp_path, create_postgres_schema(postgres, "marked"))
    submit(site)
    assert site.resume(workers=2) == 0
    assert site.outputs() == expected(site)
    check(site)
    site.close()


def test_what_the_memory_knows_without_links_is_aligned_and_not_translated_again(site: Jobsite) -> None:
    site.submit({"a.txt": "今天放假了。\n"})
    run(site.settings, None, 1, lambda progress: None)
    site.submit({"a.html": "<p>今天<b>放假</b>了。</p>"}, "marked")
    run(replace(site.settings, failpoint="translate~nothing=fail"), None, 1, lambda progress: None)
    assert site.outputs("marked")["a.html"].decode() == "<p>[今天<b>放假</b>了。]</p>"
    with site.database.begin() as session:
        plain, marked = session.scalars(select(SegmentRow).order_by(SegmentRow.id)).all()
        assert (plain.alignment, plain.projection) == (None, None)
        assert marked.alignment
        assert marked.projection == pytest.approx(1.0)
    site.submit({"b.html": "<p>今天<b>放假</b>了。</p>"}, "marked")
    run(site.settings, None, 1, lambda progress: None)
    assert [(row.known_segments, row.state) for row in site.documents()] == [(1, DocumentState.DONE)]
    site.check()
