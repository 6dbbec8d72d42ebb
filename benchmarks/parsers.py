"""Times reading and writing Word documents without a model, beside argos-translate-files and python-docx's own load and save.

Writes a document of 1,000 pages and one of a single page, both of Chinese with bold words and tables, and has each program read it, change
every text and write it, in a process of its own. python-docx only loads and saves: it is the floor of what parsing and packing cost. Prints
one JSON object: seconds of processor time, pages a second, peak memory in MB, milliseconds for the small file. Run it on an idle machine.

    python -m benchmarks.parsers [--argos PYTHON] [--pages 1000]

PYTHON is an interpreter that has argos-translate-files; its models are not needed, and their libraries are replaced by empty modules.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = 500  # characters
SENTENCE = "本公司于2024年在上海设立研发中心，主要从事工业软件的开发与技术服务。"
SMALL_RUNS = 50
PROGRAMS = ("translate-docs", "argos-translate-files", "python-docx")
_ARGOS_LIBRARIES = frozenset(["ctranslate2", "stanza", "sentencepiece", "sacremoses", "spacy", "minisbd", "packaging", "fitz", "pymupdf"])
_ARGOS_LIBRARIES |= {"requests", "onnxruntime", "numpy", "pysrt", "ebooklib", "chardet"}


def write_document(path: Path, pages: int) -> None:
    """Write a document of `pages` pages; every fifth paragraph is a row of a table."""
    import docx  # noqa: PLC0415 - a program that is measured must not have loaded another one's libraries

    document = docx.Document()
    chance = random.Random(1)
    count = pages * PAGE // (3 * len(SENTENCE))
    table = document.add_table(rows=0, cols=3)
    for number in range(count):
        texts = ["".join(chance.sample(SENTENCE, len(SENTENCE))) for _ in range(3)]  # the same text all over would pack like a zip bomb
        if number % 5 == 4:
            for cell, text in zip(table.add_row().cells, texts, strict=True):
                cell.text = text
            continue
        paragraph = document.add_paragraph(texts[0])
        paragraph.add_run(texts[1]).bold = True
        paragraph.add_run(texts[2])
    document.save(str(path))


def ours() -> Callable[[Path, Path], None]:
    """Return what reads a document, puts every text into brackets and writes it."""
    from models.document import Block, Span, SpanKind  # noqa: PLC0415 - see above
    from parsers.word import WordParser  # noqa: PLC0415

    def bracketed(block: Block) -> Block:
        text, spans = "", []
        for span in block.spans:
            old = block.text[span.start : span.end]
            new = f"[{old}]" if span.kind is SpanKind.TEXT else old
            spans.append(Span(len(text), len(text) + len(new), span.code))
            text += new
        return Block(text, tuple(spans))

    def run(source: Path, target: Path) -> None:
        data, parser = source.read_bytes(), WordParser()
        target.write_bytes(parser.write(data, [bracketed(block) for block in parser.read(data).blocks], "en"))

    return run


def argos() -> Callable[[Path, Path], None]:
    """Return the same of argos-translate-files."""
    from importlib.machinery import ModuleSpec  # noqa: PLC0415
    from types import ModuleType, SimpleNamespace  # noqa: PLC0415

    class Empty(ModuleType):
        def __getattr__(self, name: str) -> type:
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {})

    class Finder:
        def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
            is_ours = name.partition(".")[0] in _ARGOS_LIBRARIES
            return ModuleSpec(name, self, is_package=True) if is_ours else None  # type: ignore[arg-type]

        def create_module(self, spec: ModuleSpec) -> ModuleType:
            return Empty(spec.name)

        def exec_module(self, module: ModuleType) -> None:
            pass

    sys.meta_path.append(Finder())
    from argostranslatefiles.formats.openxml.docx import Docx  # type: ignore[import-not-found]  # noqa: PLC0415

    language = SimpleNamespace(code="en")
    translation = SimpleNamespace(from_lang=language, to_lang=language, translate=lambda text: f"[{text}]")

    def run(source: Path, target: Path) -> None:
        document = Docx()
        document.get_output_path = lambda *_: str(target)
        document.translate(translation, str(source))

    return run


def floor() -> Callable[[Path, Path], None]:
    """Return python-docx's load and save."""
    import docx  # noqa: PLC0415

    return lambda source, target: docx.Document(str(source)).save(str(target))


def work(program: str, large: Path, small: Path) -> dict[str, float]:
    """Measure one program in this process; processor time tells more than the clock where others compute too."""
    run = dict(zip(PROGRAMS, (ours, argos, floor), strict=True))[program]()
    target = large.with_suffix(".out.docx")
    run(small, target)
    began = time.process_time()
    for _ in range(SMALL_RUNS):
        run(small, target)
    middle = time.process_time()
    run(large, target)
    return {
        "small_ms": round((middle - began) / SMALL_RUNS * 1000, 2),
        "large_s": round(time.process_time() - middle, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Measure all programs, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--argos", type=Path, help="interpreter that has argos-translate-files")
    parser.add_argument("--work", nargs=3, metavar=("PROGRAM", "LARGE", "SMALL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        program, large, small = arguments.work
        print(json.dumps(work(program, Path(large), Path(small))))
        return
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name, "large.docx"), Path(name, "small.docx")
        write_document(large, arguments.pages)
        write_document(small, 1)
        results: dict[str, dict[str, float]] = {}
        for program in PROGRAMS:
            interpreter = arguments.argos if program == PROGRAMS[1] else Path(sys.executable)
            if interpreter is not None:
                module = [__file__] if program == PROGRAMS[1] else ["-m", "benchmarks.parsers"]
                command = [str(interpreter), *module, "--work", program, str(large), str(small)]
                found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)
                results[program] = found | {"pages_per_s": round(arguments.pages / found["large_s"], 1)}
    print(json.dumps({"pages": arguments.pages, "programs": results}, indent=2))


if __name__ == "__main__":
    main()
