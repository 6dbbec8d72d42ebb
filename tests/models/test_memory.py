from models.database import Database
from models.memory import known, recall, store
from models.segment import Translation

HELLO = Translation("你好", "Hello", -0.25, 2, ("long", "odd"))


def test_what_was_stored_is_recalled_whole(database: Database) -> None:
    with database.begin() as session:
        store(session, "model-1", [HELLO])
    with database.begin() as session:
        assert recall(session, "model-1", ["你好", "再见"]) == {"你好": HELLO}


def test_another_model_knows_nothing_of_it(database: Database) -> None:
    with database.begin() as session:
        store(session, "model-1", [HELLO])
        assert known(session, "model-2", ["你好"]) == set()


def test_the_first_translation_stays(database: Database) -> None:
    with database.begin() as session:
        store(session, "model-1", [HELLO])
        store(session, "model-1", [Translation("你好", "Hi", -0.5, 1)])
        assert recall(session, "model-1", ["你好"])["你好"].target == "Hello"


def test_more_sources_than_a_statement_takes_parameters(database: Database) -> None:
    many = [Translation(str(number), str(-number), 0.0, 1) for number in range(33_000)]
    with database.begin() as session:
        store(session, "model-1", many)
        assert len(known(session, "model-1", [item.source for item in many])) == 33_000


def test_nothing_to_store_is_no_error(database: Database) -> None:
    with database.begin() as session:
        store(session, "model-1", [])
        assert known(session, "model-1", []) == set()
