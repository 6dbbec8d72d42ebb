"""Downloads of models, from a hub on loopback."""

import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import ModelError, OutputError, ServiceError
from nmt.hub import Repository, fetch
from nmt.transfer import Transfer
from tests.hub import FakeHub, running_hub

DATA = "tf_ckpts/ckpt-0.data-00000-of-00001"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    model = shutil.copytree(Path(__file__).parents[1] / "data" / "csanmt" / "toy_sep", tmp_path / "model")
    (model / "resources").mkdir()
    (model / "resources" / "picture.png").write_bytes(b"png")
    (model / "tf_ckpts" / "ckpt-0.meta").write_bytes(b"graph")
    (model / ".gitattributes").write_bytes(b"*")
    with running_hub(model) as running:
        yield running


class Fetch:
    """Downloads into a folder, without waiting between tries."""

    def __init__(self, hub: FakeHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.pauses: list[float] = []
        self.shown: list[tuple[int, int]] = []

    def __call__(self, model: str = "damo/toy", endpoint: str | None = None, extra: float = 0.0) -> None:
        transfer = Transfer(self.pauses.append, timeout=5.0)
        fetch(Repository(endpoint or self.hub.endpoint, model), self.folder, extra, lambda *numbers: self.shown.append(numbers), transfer)

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.name != ".lock")
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def part(self) -> Path:
        return self.folder / f"{DATA}.part"


@pytest.fixture
def fetched(hub: FakeHub, tmp_path: Path) -> Fetch:
    return Fetch(hub, tmp_path / "download")


def needed(hub: FakeHub) -> dict[str, bytes]:
    unneeded = ("resources/picture.png", "tf_ckpts/ckpt-0.meta", ".gitattributes")
    return {path: content for path, content in hub.files.items() if path not in unneeded}


def test_what_an_import_reads_is_fetched_and_nothing_else(fetched: Fetch) -> None:
    fetched()
    assert fetched.files() == needed(fetched.hub)
    total = sum(map(len, fetched.files().values()))
    assert fetched.shown[-1] == (total, total)
    assert fetched.shown == sorted(fetched.shown)
    assert fetched.pauses == []


def test_what_is_there_is_not_fetched_again(fetched: Fetch) -> None:
    fetched()
    fetched.hub.requests.clear()
    fetched()
    assert fetched.hub.requests == []


def test_cut_connections_are_taken_up_where_they_broke(fetched: Fetch) -> None:
    fetched()
    shutil.rmtree(fetched.folder)
    fetched.hub.requests.clear()
    fetched.hub.cuts = [10**9] * (len(needed(fetched.hub)) - 1) + [1000, 500, 0, 200_000]
    fetched()
    assert fetched.files() == needed(fetched.hub)
    asked = [part for path, part in fetched.hub.requests if path == DATA]
    assert asked == [None, "bytes=1000-", "bytes=1500-", "bytes=1500-", "bytes=201500-"]
    assert fetched.pauses == [1.0]


def test_a_second_run_goes_on_where_the_first_stopped(fetched: Fetch) -> None:
    fetched.hub.cuts = [10**9] * (len(needed(fetched.hub)) - 1) + [1000] + [0] * 5
    with pytest.raises(ServiceError, match=r"cut the connection; run it again: it goes on where it stopped, at 1,000 of [\d,]+ bytes"):
        fetched()
    assert fetched.part().stat().st_size == 1000
    assert fetched.pauses == [1.0, 2.0, 4.0, 8.0]
    fetched.hub.requests.clear()
    fetched()
    assert fetched.hub.requests == [(DATA, "bytes=1000-")]
    assert fetched.files() == needed(fetched.hub)


def test_a_server_without_ranges_starts_again(fetched: Fetch) -> None:
    fetched.hub.ranges = False
    fetched.hub.cuts = [10**9] * (len(needed(fetched.hub)) - 1) + [1000]
    fetched()
    assert fetched.files() == needed(fetched.hub)


@pytest.mark.parametrize("part", [b"", b"?" * 1000, b"?" * 10_000_000])
def test_a_part_of_something_else_does_no_harm(fetched: Fetch, part: bytes) -> None:
    fetched.part().parent.mkdir(parents=True)
    fetched.part().write_bytes(part)
    fetched()
    assert fetched.files() == needed(fetched.hub)


def test_a_file_with_another_digest_is_never_kept(fetched: Fetch) -> None:
    fetched.hub.files[DATA] = fetched.hub.files[DATA][:-1] + b"?"
    with pytest.raises(ModelError, match=r"FilePath=tf_ckpts%2Fckpt-0\.data.* came twice with the wrong content"):
        fetched()
    assert not [path for path in fetched.files() if path.startswith(DATA)]
    assert [part for path, part in fetched.hub.requests if path == DATA] == [None, None]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_of_the_server_passes(fetched: Fetch, status: int) -> None:
    fetched.hub.statuses = [status, 200 + 300, status]
    with pytest.raises(ServiceError, match=rf"127\.0\.0\.1:\d+ answers {status}"):
        fetched()
    fetched.hub.statuses = [status]
    fetched()
    assert fetched.files() == needed(fetched.hub)


def test_a_model_that_is_not_there_is_no_reason_to_try_again(fetched: Fetch) -> None:
    with pytest.raises(ModelError, match=r"damo/other/repo/files.* is not to be had \(404"):
        fetched("damo/other")
    assert fetched.pauses == []


def test_without_a_network_the_hub_cannot_be_reached(fetched: Fetch) -> None:
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:9 cannot be reached \(Connection refused\)"):
        fetched(endpoint="http://127.0.0.1:9")
    assert fetched.pauses == [1.0, 2.0]


@pytest.mark.parametrize("endpoint", ["file:///etc", "ftp://hub", "hub"])
def test_only_web_servers_are_asked(fetched: Fetch, endpoint: str) -> None:
    with pytest.raises(ModelError, match="no address of a web server"):
        fetched(endpoint=endpoint)


@pytest.mark.parametrize("model", ["toy", "../x", "a/b/c", "a/../b", "a/b?x=1", ""])
def test_only_names_of_models_are_asked_for(fetched: Fetch, model: str) -> None:
    with pytest.raises(ModelError, match="no name of a model"):
        fetched(model)


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "tf_ckpts/../../evil", "tf_ckpts/a/b", "..", "a\\..\\b"])
def test_a_path_that_leads_elsewhere_is_not_written(fetched: Fetch, path: str) -> None:
    fetched.hub.files[path] = b"evil"
    fetched.hub.listing["Data"]["Files"].append(fetched.hub._entry(path, b"evil"))
    fetched()
    assert b"evil" not in fetched.files().values()
    assert not (fetched.folder.parent / "evil").exists()


def test_files_that_cannot_be_checked_are_refused(fetched: Fetch) -> None:
    fetched.hub.entry("configuration.json")["Sha256"] = ""
    with pytest.raises(ModelError, match="without size, digest or revision"):
        fetched()


@pytest.mark.parametrize("listing", [[], {"Data": None}, {"Data": {"Files": [{}]}}, {"Data": {"Files": 3}}])
def test_an_answer_that_is_no_list_of_files_is_refused(fetched: Fetch, listing: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    fetched.hub.listing = listing
    with pytest.raises(ModelError, match="gives no list of files"):
        fetched()


@pytest.mark.parametrize("path", ["configuration.json", "tf_ckpts/ckpt-0.index"])
def test_a_model_of_another_kind_is_refused_before_it_is_downloaded(fetched: Fetch, path: str) -> None:
    fetched.hub.listing["Data"]["Files"].remove(fetched.hub.entry(path))
    with pytest.raises(ModelError, match="is no CSANMT model"):
        fetched()
    assert fetched.hub.requests == []


def test_too_small_a_disk_is_noticed_before_the_download(fetched: Fetch) -> None:
    with pytest.raises(OutputError, match=r"GB free, and download and import take .* GB"):
        fetched(extra=1e12)
    assert fetched.hub.requests == []


def test_two_downloads_into_one_folder_do_not_mix(fetched: Fetch) -> None:
    fetched.folder.mkdir()
    with (fetched.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ServiceError, match="another process is downloading"):
            fetched()
    fetched()
    assert fetched.files() == needed(fetched.hub)


def test_a_folder_that_cannot_be_written_is_an_error(fetched: Fetch) -> None:
    fetched.folder.write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        fetched()


def test_a_full_disk_is_no_fault_of_the_server(fetched: Fetch) -> None:
    fetched.part().parent.mkdir(parents=True)
    fetched.part().symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"part cannot be written: No space left on device; put that right and run it again"):
        fetched()


def test_a_file_in_the_way_is_no_fault_of_the_server(fetched: Fetch) -> None:
    fetched.folder.mkdir()
    (fetched.folder / "tf_ckpts").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        fetched()
