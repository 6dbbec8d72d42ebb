from models.alignments import recall_links, store_links
from models.database import Database
from models.entries import MemoryPart, clear, newest, pages, parts, store_human
from models.memory import Scope, known, recall, store
from models.segment import Origin, Translation

MODEL = Scope("model-1")
GOOD = Translation("好", "Good", -0.5, 1)


def filled(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [GOOD, Translation("再见", "Bye", -0.5, 1)])
        store_human(session, {"好": "Fine", "早": "Morning"})


def test_what_people_translated_stands_before_any_machine_and_any_terms(database: Database) -> None:
    filled(database)
    with database.begin() as session:
        for scope in (MODEL, Scope("model-2"), Scope("model-1", lambda source: "digest")):
            found = recall(session, scope, ["好", "早"])
            assert {source: (entry.target, entry.origin) for source, entry in found.items()} == {
                "好": ("Fine", Origin.HUMAN),
                "早": ("Morning", Origin.HUMAN),
            }
        assert known(session, Scope("model-2"), ["好", "再见"]) == {"好"}


def test_a_persons_newer_translation_takes_the_place_of_the_older(database: Database) -> None:
    filled(database)
    with database.begin() as session:
        store_human(session, {"好": "Great"})
        assert recall(session, MODEL, ["好"])["好"].target == "Great"


def test_what_was_recalled_of_people_is_not_stored_as_a_machines(database: Database) -> None:
    filled(database)
    with database.begin() as session:
        store(session, Scope("model-3"), list(recall(session, Scope("model-3"), ["好"]).values()))
        clear(session, Origin.HUMAN)
        assert known(session, Scope("model-3"), ["好"]) == set()


def test_entries_are_found_by_their_text_and_counted(database: Database) -> None:
    filled(database)
    with database.begin() as session:
        store(session, MODEL, [Translation("百分之五%", "five_percent", -0.5, 1)])
        assert [entry.source for entry in newest(session, None, "Bye", 5)] == ["再见"]
        assert [entry.source for entry in newest(session, None, "%", 5)] == ["百分之五%"]
        assert [entry.target for entry in newest(session, Origin.HUMAN, "好", 5)] == ["Fine"]
        assert len(newest(session, None, "", 2)) == 2
        assert parts(session) == [MemoryPart(Origin.MACHINE, "model-1", 3), MemoryPart(Origin.HUMAN, "human", 2)]


def test_pages_hold_every_entry_once(database: Database) -> None:
    with database.begin() as session:
        store_human(session, {str(number): "x" for number in range(2500)})
        store(session, MODEL, [GOOD])
    found = [entry.source for page in pages(database, Origin.HUMAN) for entry in page]
    assert sorted(found) == sorted(map(str, range(2500)))


def test_clearing_takes_the_origin_that_was_named(database: Database) -> None:
    filled(database)
    with database.begin() as session:
        store_links(session, MODEL, {("好", "Good"): []})
        assert clear(session, Origin.HUMAN) == 2
        assert recall(session, MODEL, ["好"]) == {"好": GOOD}
        assert recall_links(session, MODEL, [("好", "Good")])
        assert clear(session) == 2
        assert recall_links(session, MODEL, [("好", "Good")]) == {}
