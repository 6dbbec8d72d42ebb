from models.database import Database
from models.memory import Scope, known, recall, store
from models.segment import Translation, Verdict

MODEL = Scope("model-1")
VERDICTS = (Verdict("你", "you", "violated", "nothing like it"), Verdict("好", "well", "variant"))
HELLO = Translation("你好", "Hello", -0.25, 2, ("long", "odd"), (-0.25, -1.5, 0.0), VERDICTS)


def test_what_was_stored_is_recalled_whole(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [HELLO])
    with database.begin() as session:
        assert recall(session, MODEL, ["你好", "再见"]) == {"你好": HELLO}


def test_another_model_knows_nothing_of_it(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [HELLO])
        assert known(session, Scope("model-2"), ["你好"]) == set()


def test_a_term_makes_only_the_sources_afresh_that_contain_it(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [HELLO, Translation("再见", "Bye", -0.1, 1)])
        with_term = Scope("model-1", lambda source: "d1" if "好" in source else "")
        assert known(session, with_term, ["你好", "再见"]) == {"再见"}
        store(session, with_term, [Translation("你好", "Good day", -0.1, 2)])
        assert recall(session, with_term, ["你好"])["你好"].target == "Good day"
        assert recall(session, MODEL, ["你好"]) == {"你好": HELLO}


def test_the_first_translation_stays(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [HELLO])
        store(session, MODEL, [Translation("你好", "Hi", -0.5, 1)])
        assert recall(session, MODEL, ["你好"])["你好"].target == "Hello"


def test_more_sources_than_a_statement_takes_parameters(database: Database) -> None:
    many = [Translation(str(number), str(-number), 0.0, 1) for number in range(33_000)]
    with database.begin() as session:
        store(session, MODEL, many)
        assert len(known(session, MODEL, [item.source for item in many])) == 33_000


def test_nothing_to_store_is_no_error(database: Database) -> None:
    with database.begin() as session:
        store(session, MODEL, [])
        assert known(session, MODEL, []) == set()
