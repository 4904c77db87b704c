"""Who may import whom, and what importing the package costs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeGuard

import pytest

import nemovideo

PACKAGE = Path(nemovideo.__file__).parent

LAYERS: list[dict[str, str]] = [
    # Each may import itself and what stands below it, never what stands above or beside it.
    {
        "cli": "a program like any other, on what users can import",
        "notebook": "draws what the package made",
        "testing": "for users' tests: on what users can import",
    },
    {"ray": "a batch, and workers for it in other processes"},
    {
        "blocking": "the same names without await: a portal over the async ones",
        "mcp": "a server for assistants, which the command line starts",
    },
    {"_client": "puts it all together"},
    {"batch": "many of what one call makes"},
    {"operations": "what takes minutes is built on the calls"},
    {"resources": "one thin method a call; what takes minutes is built on top"},
    {"pipeline": "a request is sent in one place"},
    {
        "protocol": "decisions are pure: tested a byte at a time, in microseconds",
        "recording": "writes down what a transport carries, and knows no call",
        "progress": "what a terminal and a notebook share, and neither of them",
    },
    {
        "journal": "what is written down knows nothing of how it is sent",
        "auth": "a token is had without the calls that it is for",
        "events": "plain data",
    },
    {
        "models": "what the service sends, as it sends it",
        "config": "settings are read, never acted on",
    },
    {
        "timeline": "an engine of its own: drafts in, text and drawings out",
        "transports": "a transport moves bytes and has no opinion",
        "files": "files know neither calls nor answers",
        "sse": "the rules of a stream, and nothing of what it carries",
    },
    {
        "concurrency": "threads and loops, whatever runs in them",
        "validation": "an argument is refused before anything is sent",
    },
    {"compat": "parts of other libraries, each with its fallback"},
    {"errors": "raised everywhere"},
    {
        "language": "words alone: no call, no model",
        "security": "what is secret is so everywhere",
        "_display": "mixed into everything that is shown",
        "_version": "a number",
    },
]
UPWARD = {
    # For type checkers only: the type of `AgentError.changes`, in a file that imports no error.
    ("errors.py", "nemovideo.timeline.change"),
}
ADDRESSES = {
    "aiohttp": ("transports", "sandbox"),
    "httpx": ("transports/httpx.py", "transports/_httpx_library.py"),
    "httpcore": ("transports/httpx.py", "transports/_httpx_library.py"),
    "tenacity": ("pipeline",),
    "typer": ("cli",),
    "rich": ("cli",),
    "prompt_toolkit": ("cli",),
    "av": ("sandbox", "files/film_frames.py"),
    "PIL": ("sandbox", "files/film_frames.py"),
    "numpy": ("sandbox",),
    "opentimelineio": ("timeline",),
    "ray": ("ray/",),
    "psycopg": ("journal/postgres.py",),
    "IPython": ("notebook",),
    "fsspec": ("files/storage.py",),
    "mcp": ("mcp/", "cli/commands/mcp.py"),
    "mcp_types": ("mcp/",),
    "uvicorn": ("mcp/",),
    "starlette": ("mcp/",),
}
FILES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")
}
"""Every file's source, by its place in the package."""


def _imports(place: str, nodes: Iterable[ast.AST]) -> Iterator[str]:
    here = ("nemovideo", *place.removesuffix(".py").split("/"))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: -node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module or ""]))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what is there when the file runs, without what is for type checkers only."""
    yield node
    children = node.orelse if _is_type_checking(node) else ast.iter_child_nodes(node)
    for child in children:
        yield from _running(child)


def _is_type_checking(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.AST]:
    """Every file, parsed: for these tests, and not in each worker that has others."""
    return {place: ast.parse(source) for place, source in FILES.items()}


@pytest.fixture(scope="module")
def imports(trees: dict[str, ast.AST]) -> dict[str, set[str]]:
    """Every module that a file names in an import, type checking included."""
    return {place: set(_imports(place, ast.walk(tree))) for place, tree in trees.items()}


def package_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "nemovideo" and len(parts) > 1 else None


def layer_of(name: str | None) -> int | None:
    return next((level for level, names in enumerate(LAYERS) if name in names), None)


def test_a_package_imports_only_downward(imports: dict[str, set[str]]) -> None:
    upward: list[str] = []
    for place, modules in imports.items():
        own = place.partition("/")[0].removesuffix(".py")
        if own in {"__init__", "__main__", "sandbox"}:
            continue  # doors name what they open; the sandbox is an island with its own rules
        level = layer_of(own)
        assert level is not None, f"{own} has no place in LAYERS"
        for module in modules:
            below = layer_of(package_of(module))
            if own == package_of(module) or (package_of(module) == "sandbox" and own in LAYERS[0]):
                continue
            if (place, module.removesuffix(".Change")) in UPWARD:
                continue
            if package_of(module) == "sandbox" or (below is not None and below <= level):
                upward.append(f"{place} imports {module}: {LAYERS[level][own]}")
    assert upward == []


def file_of(module: str) -> str | None:
    path = module.removeprefix("nemovideo").lstrip(".").replace(".", "/")
    places = (f"{path}.py", f"{path}/__init__.py".lstrip("/"))
    return next((each for each in places if each in FILES), None)


def imported_files(tree: ast.AST) -> Iterator[str | None]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (file_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield file_of(f"{node.module}.{alias.name}") or file_of(node.module)


def test_no_files_import_each_other_in_a_circle(trees: dict[str, ast.AST]) -> None:
    graph = {place: set(imported_files(tree)) - {place, None} for place, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_foreign_package_has_one_address(trees: dict[str, ast.AST]) -> None:
    elsewhere = [
        f"{place} imports {module}"
        for place, tree in trees.items()
        for module in sorted(set(_imports(place, _running(tree))))
        if not place.startswith(ADDRESSES.get(module.partition(".")[0], ""))
    ]
    assert elsewhere == []


def test_imports_inside_functions_are_few_and_have_reasons(trees: dict[str, ast.AST]) -> None:
    late = {
        f"{place}:{node.lineno}": FILES[place].splitlines()[node.lineno - 3 : node.end_lineno]
        for place, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert len(late) <= 40
    assert [where for where, lines in late.items() if "#" not in "".join(lines)] == []


# Everyday words, where the field has terms: reported, polled, retained, buffered, watchdog.
NO_TERM = re.compile(
    r"(?:^|_)(?:tell(?:s|ing)?|told|look(?:s|ed|ing)?|kept|keeping|held|begun|surely|beside|lets?_go"
    r"|called_off|twins?|wish(?:es)?|vigil|lifelines?|pulse|desk|gate|room)(?:_|$)"
)


def names_in(place: str, tree: ast.AST) -> Iterator[str]:
    yield from place.removesuffix(".py").split("/")
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.MatchAs(name=str(name)):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name


def test_names_are_terms_of_the_field(trees: dict[str, ast.AST]) -> None:
    others = [
        f"{place}: {name}"
        for place, tree in trees.items()
        for name in names_in(place, tree)
        if NO_TERM.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    ]
    assert others == []


def test_tests_are_named_in_terms_of_the_field() -> None:
    found = re.compile(r"def (test_\w+)")
    names = {
        name
        for path in Path(__file__).parent.rglob("test_*.py")
        for name in (path.stem, *found.findall(path.read_text("utf-8")))
    }
    assert len(names) > 100
    assert sorted(filter(NO_TERM.search, names)) == []


# `Sandbox.client` makes a client as its users do, and names the types of its options.
SANDBOX_CLIENT = {
    ("sandbox/sandbox.py", module)
    for module in (
        "nemovideo._client",
        "nemovideo._client.AsyncNemoVideo",
        "nemovideo.config.timing",
        "nemovideo.config.timing.Timing",
        "nemovideo.transports",
        "nemovideo.transports.Transport",
    )
}


def test_the_sandbox_and_the_client_meet_on_the_wire_only(imports: dict[str, set[str]]) -> None:
    strangers = [
        f"{place} imports {module}"
        for place, modules in imports.items()
        for module in modules
        if place.startswith("sandbox/") and package_of(module) not in {None, "sandbox"}
        if (place, module) not in SANDBOX_CLIENT
    ]
    assert strangers == [], "a wrong field name must not pass on both sides"
    assert any(place.startswith("sandbox/") for place in imports)


PRIVATE = re.compile(
    r"""(?:get|set|has|del)attr\([^)]*["']_(?!_(?:fspath|getstate)__)"""
    r"""|__(?:pydantic_validator|dataclass_fields)__|\b[a-z]\w*\._backends\b|json\.scanner"""
)


def test_private_parts_of_other_libraries_are_in_one_file() -> None:
    # A checker finds the plain way; these are the ways around it.
    elsewhere = [
        f"{place}: {line}"
        for place, source in FILES.items()
        for line in source.splitlines()
        if PRIVATE.search(line)
        # But for those of our own that no user needs.
        or ("reportPrivateUsage" in line and not re.search(r"client\._is_shared|\bbatch\._", line))
    ]
    assert {line.partition(":")[0] for line in elsewhere} == {"compat/library_internals.py"}


def loaded(code: str, *arguments: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    # Measuring the coverage of that program would load things of its own.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=plain,
    )
    return set(done.stdout.split())


HEAVY = {
    *(
        "aiohttp",
        "httpx",
        "httpx2",
        "av",
        "typer",
        "rich",
        "IPython",
        "tenacity",
        "pydantic",
        "numpy",
        "PIL",
    ),
    *("anyio", "asyncio", "ssl", "sqlite3", "email", "prompt_toolkit", "opentimelineio", "psycopg"),
}


def test_importing_the_package_loads_the_table_of_contents_and_nothing_else() -> None:
    plain = loaded("import importlib, typing")
    assert loaded("import nemovideo") - plain <= {"nemovideo", "__future__"}


def test_a_client_is_built_without_what_it_does_not_need_yet() -> None:
    assert not HEAVY & loaded("import nemovideo; nemovideo.AsyncNemoVideo()")


FIRST_USE = """
import {library}, sys, threading, nemovideo

found_here = set()

class Watch:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            found_here.add(name)

async def main():
    timing = nemovideo.Timing().scaled_waits(0.001)
    for max_retries in (0, 1):
        client = nemovideo.AsyncNemoVideo(
            base_url="http://127.0.0.1:1", config_dir=sys.argv[1], timing=timing,
            max_retries=max_retries,
        )
        try:
            await {call}
        except nemovideo.APIConnectionError:
            pass
        await client.aclose()

sys.meta_path.insert(0, Watch())
{library}.run({main})
sys.modules = dict.fromkeys(found_here)  # which is what is printed at the end
"""
SLOW = {
    *(
        "aiohttp",
        "httpx",
        "httpx2",
        "httpcore",
        "tenacity",
        "pydantic",
        "pydantic.main",
        "pydantic.fields",
    ),
    *("anyio._backends._asyncio", "anyio._backends._trio", "nemovideo.models.base", "sqlite3"),
    *(
        "nemovideo.operations.generation_runner",
        "nemovideo.timeline.timeline",
        "nemovideo.timeline.diff",
    ),
}


@pytest.mark.parametrize("call", ["client.credits.retrieve()", "client.generate('a panda')"])
@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_the_first_use_loads_nothing_slow_on_the_thread_of_the_loop(
    library: str, call: str, tmp_path: Path
) -> None:
    main = "main()" if library == "asyncio" else "main"
    found_there = loaded(FIRST_USE.format(library=library, call=call, main=main), str(tmp_path))
    assert (
        "nemovideo.pipeline.pipeline" in found_there
    )  # what is quick may be loaded where it is needed
    assert not SLOW & found_there


ENTERED = """
import {library}, sys, threading, nemovideo

async def main():
    async with nemovideo.AsyncNemoVideo(config_dir=sys.argv[1]):
        here = sys.modules.copy()
        client.credits
    sys.modules = dict.fromkeys(set(sys.modules) - set(here))

client = nemovideo.AsyncNemoVideo(config_dir=sys.argv[1])
{library}.run({main})
"""


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_entering_a_client_loads_what_its_first_use_needs(library: str, tmp_path: Path) -> None:
    main = "main()" if library == "asyncio" else "main"
    later = loaded(ENTERED.format(library=library, main=main), str(tmp_path))
    assert later == {"nemovideo.resources.credits"}


FIRST_ANSWER = """
import asyncio, nemovideo

async def serve(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    body = b'{"code": 0, "data": {"available": 7}}'
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    await writer.drain()
    writer.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        async with nemovideo.AsyncNemoVideo(token="k", base_url=url) as client:
            assert (await client.credits.retrieve()).available == 7

asyncio.run(main())
"""
NOT_FOR_ONE_ANSWER = {
    *("anyio.to_thread", "anyio.lowlevel", "anyio._core", "sniffio"),
    *(
        "tenacity",
        "httpx",
        "httpx2",
        "trio",
        "sqlite3",
        "anyio._backends._asyncio",
        "nemovideo.events",
    ),
    *(
        "nemovideo.sse",
        "nemovideo.journal.journal",
        "nemovideo.timeline.draft",
        "nemovideo.protocol.agent",
    ),
}


def test_one_answer_loads_only_what_it_takes() -> None:
    names = loaded(FIRST_ANSWER)
    assert {"aiohttp", "pydantic", "nemovideo.models.credits"} <= names
    assert not NOT_FOR_ONE_ANSWER & names


def test_the_sandbox_is_light_until_it_starts() -> None:
    assert not {"av", "numpy", "PIL", "aiohttp"} & loaded("import nemovideo.sandbox")


def test_every_exported_name_is_there_and_sorted() -> None:
    assert nemovideo.__all__ == sorted(nemovideo.__all__, key=str)
    for name in nemovideo.__all__:
        assert getattr(nemovideo, name) is not None
    assert dir(nemovideo) == nemovideo.__all__


def test_the_lazy_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(nemovideo.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if _is_type_checking(node))
    seen = {
        alias.asname or alias.name
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(nemovideo.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = nemovideo.nonsense
