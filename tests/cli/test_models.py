"""The commands that get models, carry them and list them, as a user sees them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from nmt.bundle import default_bundle, load_manifest
from tests.cli.conftest import Cli
from tests.hub import FakeHub, running_hub

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "tests" / "data" / "csanmt" / "toy_shared_trained"
SOURCE, TARGET = "我昨天在北京买了三本书。", "I bought three books in Beijing yesterday."
SHIPPED = default_bundle().name


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    pytest.importorskip("onnx", reason="importing needs the build extra: pip install -e '.[build]'")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_hub(MODEL) as running:
        yield running


@pytest.fixture
def pack(cli: Cli) -> Path:
    """The shipped model as a pack."""
    path = cli.folder / "model.pack"
    assert cli("model", "pack", SHIPPED, "--output", path).exit_code == 0
    return path


def pull(cli: Cli, hub: FakeHub, *arguments: object) -> Result:
    cli.environment["TRANSLATE_DOCS_HUB"] = hub.endpoint
    return cli("model", "pull", "--source", "damo/toy", *arguments)


def assert_error(result: Result, code: int, *parts: str) -> None:
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert [part for part in parts if part not in result.stderr] == []


def test_a_pulled_model_translates_under_its_name(cli: Cli, hub: FakeHub) -> None:
    result = pull(cli, hub, "toy")
    assert (result.exit_code, result.stdout) == (0, f"toy: int8, in {cli.folder / 'models' / 'toy'}; use it with --model toy\n")
    assert cli("translate", "--model", "toy", SOURCE).stdout == f"{TARGET}\n"
    letter = cli.write("letter.txt", f"{SOURCE}\n")
    submitted = cli.json("submit", letter, "--model", "toy")
    assert letter.with_name("letter.en.txt").read_text() == f"{TARGET}\n"
    assert submitted["model"] == cli.json("model", "list")[1]["signature"]
    assert cli.json("model", "info", "toy")["record"]["attribution"] == [
        f"imported from damo/toy, revision master, of {hub.endpoint}, checkpoint ckpt-0"
    ]
    assert [path.name for path in (cli.folder / "models" / ".downloads").iterdir()] == []


def test_the_environment_names_an_installed_model_too(cli: Cli, hub: FakeHub) -> None:
    pull(cli, hub, "toy")
    cli.environment["TRANSLATE_DOCS_MODEL"] = "toy"
    assert cli("translate", SOURCE).stdout == f"{TARGET}\n"
    model = next(check for check in cli.json("doctor") if check["check"] == "model")
    assert model["ok"]
    assert str(cli.folder / "models" / "toy") in model["detail"]


def test_a_name_that_is_taken_is_noticed_before_the_download(cli: Cli, hub: FakeHub) -> None:
    pull(cli, hub, "toy")
    hub.requests.clear()
    assert_error(pull(cli, hub, "toy"), 73, "there is a model toy", "--force")
    assert hub.requests == []
    assert pull(cli, hub, "toy", "--force", "--precision", "fp32").exit_code == 0
    assert cli.json("model", "info", "toy")["precision"] == "fp32"


def test_offline_the_error_says_what_to_do(cli: Cli) -> None:
    result = cli("model", "pull", "--hub", "http://127.0.0.1:9")
    assert_error(result, 75, "127.0.0.1:9 cannot be reached", "`model pack`", "`model install FILE`", "`model import DIR`")


def test_an_unknown_model_is_an_error_about_the_model(cli: Cli, hub: FakeHub) -> None:
    assert_error(pull(cli, hub, "toy", "--source", "damo/other"), 78, "damo/other", "404")


def test_a_download_that_broke_off_goes_on(cli: Cli, hub: FakeHub) -> None:
    data = "tf_ckpts/ckpt-0.data-00000-of-00001"
    content = hub.files[data]
    hub.cuts = [10**9] * (len(hub.files) - 1) + [1000]
    hub.gone_after_cut = data
    assert_error(pull(cli, hub, "toy"), 78, data.rpartition("/")[2], "is not to be had (404")
    assert cli.json("model", "list")[1:] == []
    hub.files[data] = content
    hub.requests.clear()
    assert pull(cli, hub, "toy").exit_code == 0
    assert hub.requests == [(data, "bytes=1000-")]


def test_a_file_with_another_digest_is_refused(cli: Cli, hub: FakeHub) -> None:
    hub.files["bpe.zh"] = hub.files["bpe.zh"][:-1] + b"?"
    assert_error(pull(cli, hub, "toy"), 78, "bpe.zh", "SHA-256")
    assert cli.json("model", "list")[1:] == []


def test_without_the_build_packages_nothing_is_downloaded(cli: Cli) -> None:
    program = "import sys; sys.modules['onnx'] = None; from cli import main; main()"
    command = [sys.executable, "-c", program, "model", "pull", "--hub", "http://127.0.0.1:9"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (
        78,
        "Error: importing a model needs the package onnx: pip install '.[build]', in the folder of the sources\n",
    )


def test_the_list_shows_what_ships_what_is_installed_and_what_is_damaged(cli: Cli, pack: Path) -> None:
    for name in ("good", "bad"):
        assert cli("model", "install", pack, "--name", name).exit_code == 0
    (cli.folder / "models" / "bad" / "bundle.json").write_text("{")
    rows = cli.json("model", "list")
    assert [row["model"] for row in rows] == [SHIPPED, "bad", "good"]
    assert rows[0] == rows[2] | {"model": SHIPPED, "folder": str(default_bundle())}
    assert "damaged" in rows[1]["error"]
    assert rows[1]["signature"] is None
    lines = cli("model", "list").stdout.splitlines()
    assert lines[0].split() == ["MODEL", "PRECISION", "SIZE", "SIGNATURE", "FOLDER"]
    assert "int8" in lines[1]
    assert "MB" in lines[1]
    assert "damaged" in lines[2]


def test_a_pack_is_installed_verified_and_removed(cli: Cli, pack: Path) -> None:
    printed = json.loads(cli("model", "pack", SHIPPED, "--output", pack, "--force", "--json").stdout)
    assert printed["bytes"] == pack.stat().st_size
    assert len(printed["sha256"]) == 64
    assert cli.json("model", "install", pack, "--name", "mine") == cli.json("model", "verify", "mine")
    assert_error(cli("model", "install", pack, "--name", "mine"), 73, "there is a model mine", "--force")
    assert cli("model", "install", pack, "--name", "mine", "--force").exit_code == 0
    assert cli("model", "remove", "mine").stdout == "mine is removed\n"
    assert_error(cli("model", "remove", "mine"), 78, "no model 'mine' is installed", "model list")


def test_the_shipped_models_own_name_is_not_for_others(cli: Cli, pack: Path) -> None:
    assert_error(cli("model", "install", pack), 78, SHIPPED, "--name")


def test_a_damaged_pack_is_refused(cli: Cli, pack: Path) -> None:
    content = pack.read_bytes()
    pack.write_bytes(content[:-20_000] + b"?" + content[-19_999:])
    assert_error(cli("model", "install", pack, "--name", "mine"), 78, "is damaged", "fetch it again")
    pack.write_bytes(content[:1_000_000])
    assert_error(cli("model", "install", pack, "--name", "mine"), 78, "fetch it again")
    pack.write_bytes(b"text")
    assert_error(cli("model", "install", pack, "--name", "mine"), 78, "no pack of a model")
    assert cli.json("model", "list")[1:] == []


def test_what_is_no_model_is_an_error_that_names_the_ways_to_one(cli: Cli) -> None:
    for command in (("model", "verify"), ("model", "info"), ("translate", "你好", "--model")):
        assert_error(cli(*command, "nothing"), 78, "nothing holds no model bundle", "model list")


def test_an_import_without_output_installs_the_model(cli: Cli) -> None:
    pytest.importorskip("onnx", reason="importing needs the build extra: pip install -e '.[build]'")
    model = shutil.copytree(MODEL, cli.folder / "downloaded")
    assert cli("model", "import", model).exit_code == 0
    assert cli("translate", "--model", "downloaded", SOURCE).stdout == f"{TARGET}\n"
    assert load_manifest(cli.folder / "models" / "downloaded").name == "downloaded"
