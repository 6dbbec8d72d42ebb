import pytest

from models.database import Database
from models.errors import GlossaryError
from models.glossaries import list_glossaries, list_versions, load_terms, store_glossary
from models.terms import Term

RICH = Term("汇率", "exchange rate", ("FX rate", "rate"), match_case=True, priority=3, domain="finance", note="n")
PLAIN = Term("银行", "bank")


def store(database: Database, name: str, *terms: Term) -> int:
    with database.begin() as session:
        return store_glossary(session, name, terms).id


def test_terms_come_back_whole_and_in_order(database: Database) -> None:
    first, second = store(database, "money", RICH, PLAIN), store(database, "names", Term("A", "A", keep=True))
    with database.begin() as session:
        assert load_terms(session, [second, first]) == [Term("A", "A", keep=True), RICH, PLAIN]


def test_the_same_terms_are_the_same_version(database: Database) -> None:
    assert store(database, "money", RICH, PLAIN) == store(database, "money", RICH, PLAIN)


def test_other_terms_and_another_order_are_another_version_and_the_old_one_stays(database: Database) -> None:
    versions = [store(database, "money", *terms) for terms in ((RICH, PLAIN), (PLAIN, RICH), (RICH,))]
    assert len(set(versions)) == 3
    with database.begin() as session:
        assert load_terms(session, versions[:1]) == [RICH, PLAIN]
        assert [version.id for version in list_versions(session, "money")] == versions[::-1]


def test_a_version_that_is_stored_again_is_the_newest(database: Database) -> None:
    first = store(database, "money", PLAIN)
    store(database, "money", RICH)
    store(database, "money", PLAIN)
    store(database, "other")
    with database.begin() as session:
        assert [(version.name, version.terms) for version in list_glossaries(session)] == [("money", 1), ("other", 0)]
        assert list_versions(session, "money")[0].id == first


def test_what_is_not_there_is_an_error(database: Database) -> None:
    store(database, "money", PLAIN)
    with pytest.raises(GlossaryError, match=r"no glossary 'mony'.*money"), database.begin() as session:
        list_versions(session, "mony")
    with pytest.raises(GlossaryError, match="no version 7"), database.begin() as session:
        load_terms(session, [7])
