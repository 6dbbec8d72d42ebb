"""`memory`: import, export, list, stats and clear."""

from pathlib import Path

from tests.cli.conftest import Cli


def tmx(cli: Cli, *units: tuple[str, str], languages: tuple[str, str] = ("zh-CN", "en-US")) -> Path:
    def variant(language: str, text: str) -> str:
        return f'<tuv xml:lang="{language}"><seg>{text}</seg></tuv>'

    body = "".join(f"<tu>{variant(languages[0], source)}{variant(languages[1], target)}</tu>\n" for source, target in units)
    return cli.write("memory.tmx", f'<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="zh"/><body>\n{body}</body></tmx>')


def test_what_people_translated_is_what_documents_get(cli: Cli) -> None:
    assert cli.json("memory", "import", tmx(cli, ("你好。", "How do you do."))) == {"stored": 1, "machine": 0, "long": 0}
    found = cli.json("submit", cli.write("a.txt"), "--engine", "pseudo")
    assert (cli.folder / "a.en.txt").read_text() == "How do you do. [再见！]\n"
    assert found["documents"][0]["known"] == 1


def test_a_document_that_is_known_by_then_needs_no_model(cli: Cli) -> None:
    cli("memory", "import", tmx(cli, ("你好。", "Hello."), ("再见！", "Bye!")))
    assert "2 of 2 segments were known" in cli.submit(cli.write("a.txt")).stdout
    assert (cli.folder / "a.en.txt").read_text() == "Hello. Bye!\n"


def test_the_memory_goes_out_and_comes_back(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    cli("memory", "import", tmx(cli, ("早。", "Morning.")))
    assert cli.json("memory", "export", cli.folder / "out.tmx") == {"written": 3}
    assert cli("memory", "clear", "--yes").stdout == "3 entries deleted\n"
    assert cli.json("memory", "import", cli.folder / "out.tmx") == {"stored": 1, "machine": 2, "long": 0}
    assert cli.json("memory", "import", cli.folder / "out.tmx", "--reviewed") == {"stored": 3, "machine": 0, "long": 0}
    assert cli.json("memory", "stats") == [{"origin": "human", "signature": "human", "entries": 3}]


def test_export_replaces_no_file(cli: Cli) -> None:
    path = tmx(cli, ("早。", "Morning."))
    before = path.read_bytes()
    assert cli("memory", "export", path).exit_code == 73
    assert path.read_bytes() == before


def test_one_bad_unit_keeps_all_out(cli: Cli) -> None:
    result = cli("memory", "import", tmx(cli, ("早。", "Morning."), ("晚。", " ")))
    assert result.exit_code == 65
    assert result.stderr == "Error: memory.tmx:4: the text in en-us is empty\n"
    assert cli.json("memory", "list") == []


def test_another_pair_of_languages_is_an_error(cli: Cli) -> None:
    result = cli("memory", "import", tmx(cli, ("早。", "Guten Morgen."), languages=("zh", "de")))
    assert result.stderr == "Error: memory.tmx:3: a unit has no text in the language en (its languages: zh, de)\n"


def test_units_that_can_never_match_are_told(cli: Cli) -> None:
    assert "1 are more than one sentence" in cli("memory", "import", tmx(cli, ("早。晚。", "Morning. Evening."))).stdout


def test_list_shows_what_contains_a_text(cli: Cli) -> None:
    cli("memory", "import", tmx(cli, ("早。", "Morning."), ("晚。", "Evening.")))
    assert cli.json("memory", "list", "Even") == [{"source": "晚。", "target": "Evening.", "origin": "human"}]
    assert cli("memory", "list", "--origin", "machine").stdout == "ORIGIN  SOURCE  TARGET\n"


def test_nothing_is_cleared_without_consent(cli: Cli) -> None:
    cli("memory", "import", tmx(cli, ("早。", "Morning.")))
    assert cli("memory", "clear", stdin="n\n").exit_code == 1
    assert len(cli.json("memory", "list")) == 1
