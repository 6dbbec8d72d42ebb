"""Times the command line on many pages: what the model costs, what everything around it costs, memory, and start-up.

Writes Word and text documents of the sentences given, translates them with the model and with `--engine identity` (which does all the
rest: parsing, segmenting, the database, tasks, weaving, writing), and prints one JSON object. Run it on an idle machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docx
import psutil

PAGE = 500  # characters
PAGES_A_DOCUMENT = 50
PARAGRAPH = 4  # sentences
CLI = [sys.executable, str(Path(__file__).parents[1] / "cli.py")]


def write_documents(sentences: Sequence[str], pages: int, folder: Path) -> int:
    """Write `pages` pages, alternately as docx and txt, and return the number of characters."""
    stock = iter(sentences)
    total = 0
    for number in range(-(-pages // PAGES_A_DOCUMENT)):
        paragraphs: list[str] = []
        size = 0
        while size < PAGE * PAGES_A_DOCUMENT:
            paragraphs.append("".join(next(stock) for _ in range(PARAGRAPH)))
            size += len(paragraphs[-1])
        total += size
        if number % 2:
            (folder / f"{number:03}.txt").write_text("\n".join(paragraphs) + "\n", encoding="utf-8")
        else:
            document = docx.Document()
            for paragraph in paragraphs:
                document.add_paragraph(paragraph)
            document.save(str(folder / f"{number:03}.docx"))
    return total


def timed(arguments: Sequence[str], database: Path, *, check: bool = True) -> dict[str, float]:
    """Run the command line in a process of its own; return seconds of wall and processor time, peak memory in MB with all its children."""
    environment = os.environ | {"TRANSLATE_DOCS_DATABASE_URL": f"sqlite:///{database}"}
    began = time.monotonic()
    process = subprocess.Popen([*CLI, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ThreadPoolExecutor() as beside:
        peak = beside.submit(_peak, process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    if check and status:
        raise SystemExit(f"{' '.join(arguments)}: exit status {os.waitstatus_to_exitcode(status)}")
    return {
        "wall_s": round(wall, 3),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_mb": round(peak.result() / 1e6, 1),
    }


def _peak(process: int) -> int:
    """Return the most memory that a process and its children had at a moment, pages that several of them map counted once."""
    highest = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        while True:
            highest = max(highest, sum(map(_proportional, [parent, *parent.children(recursive=True)])))
            time.sleep(0.2)
    return highest


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def median(arguments: Sequence[str], database: Path, *, runs: int = 5) -> float:
    """Return the median wall seconds of several runs."""
    return round(statistics.median(timed(arguments, database)["wall_s"] for _ in range(runs)), 3)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path, help="UTF-8 file of distinct Chinese sentences, one a line")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--beam", type=int, default=4)
    options = parser.parse_args()
    lines = [line for line in options.sentences.read_text(encoding="utf-8").splitlines() if line.endswith("。")]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        documents = work / "in"
        documents.mkdir()
        characters = write_documents(lines, options.pages, documents)
        runs = {
            engine: timed(
                ["submit", str(documents), "--output", str(work / engine), "--engine", engine, "--beam", str(options.beam)],
                work / f"{engine}.sqlite3",
            )
            for engine in ("identity", "csanmt")
        }
        result = {
            "pages": options.pages,
            "characters": characters,
            "processors": os.cpu_count(),
            **runs,
            "share_outside_model": round(runs["identity"]["wall_s"] / runs["csanmt"]["wall_s"], 4),
            "start_to_first_translation_s": median(["translate", "今天天气很好。"], work / "csanmt.sqlite3"),
            "status_s": median(["status"], work / "csanmt.sqlite3"),
            "help_s": median(["--help"], work / "csanmt.sqlite3"),
        }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
