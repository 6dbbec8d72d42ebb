from models.alignments import recall_links, store_links
from models.compact import links_from_text
from models.database import Database
from models.memory import Scope
from models.segment import Link

M = Scope("m")
LINKS = [Link(0, 1, 0, 5, 0.9), Link(1, 2, 6, 9, 0.75)]


def test_links_are_known_by_model_source_and_target(database: Database) -> None:
    with database.begin() as session:
        store_links(session, M, {("你好", "Hello you"): LINKS})
    with database.begin() as session:
        found = recall_links(session, M, [("你好", "Hello you")])
        assert {source: links_from_text(text) for source, text in found.items()} == {"你好": LINKS}
        assert recall_links(session, M, [("你好", "Good day")]) == {}
        assert recall_links(session, Scope("other"), [("你好", "Hello you")]) == {}
        assert recall_links(session, Scope("m", lambda source: "other terms"), [("你好", "Hello you")]) == {}


def test_that_a_model_cannot_tell_is_known_too(database: Database) -> None:
    with database.begin() as session:
        store_links(session, M, {("你好", "Hello"): []})
        assert recall_links(session, M, [("你好", "Hello")]) == {"你好": ""}
