"""The agent skill in the package: its format, what it covers, and every command in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import skills_ref

import nemovideo
from nemovideo.config.settings import SOURCE, load_settings
from nemovideo.config.skill_file import read_skill_file
from nemovideo.errors import SUPPORTED_FORMATS, InvalidInputError, NemoVideoError
from nemovideo.sandbox import AgentBehavior, Sandbox
from nemovideo.testing import no_waiting
from tests.cli.conftest import Run
from tests.docs.blocks import read_blocks
from tests.docs.stage import open_stage

FOLDER = Path(nemovideo.__file__).parent / ".agents" / "skills" / "nemovideo"
SKILL = FOLDER / "SKILL.md"
PAGES = [SKILL, *sorted((FOLDER / "references").glob("*.md"))]
PLAYED = [page for page in PAGES if any(read_blocks(page.read_text("utf-8")))]
BASH = pytest.mark.skipif(os.name == "nt", reason="the skill's commands are for a POSIX shell")


def test_the_command_prints_the_skill(run: Run) -> None:
    assert run("skill").out == SKILL.read_text("utf-8")


def test_the_command_prints_its_folder(run: Run) -> None:
    folder = Path(run("skill", "--path").out.strip())
    assert (folder / "SKILL.md").is_file()
    assert folder.parts[-3:] == (".agents", "skills", "nemovideo")


def test_the_validator_of_the_format_finds_nothing() -> None:
    assert skills_ref.validate(FOLDER) == []
    assert len(SKILL.read_text("utf-8").splitlines()) <= 500


def test_the_skill_has_the_version_of_the_package_and_the_documented_source() -> None:
    skill = read_skill_file(SKILL)
    assert (skill.version, skill.source) == (nemovideo.__version__, SOURCE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_the_skill_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_every_reference_is_linked_from_the_skill() -> None:
    text = SKILL.read_text("utf-8")
    assert [page.name for page in PAGES[1:] if f"references/{page.name}" not in text] == []


def test_every_error_of_the_package_has_its_row() -> None:
    rows = (FOLDER / "references" / "errors.md").read_text("utf-8")
    public = [getattr(nemovideo, name) for name in nemovideo.__all__]
    named = {
        each.__name__
        for each in public
        if isinstance(each, type) and issubclass(each, NemoVideoError)
    } - {"NemoVideoError", "APIError", "BadRequestError"}
    assert {name for name in named if f"`{name}`" not in rows} == set()


COVERED = (
    *("Connecting to NemoVideo", "正在连接", "导出", "积分", "状态", "上传"),
    *("1001", "1002", "2001", "4001", "4002", "400", "402", "429", "500 MB"),
    *("Register or upgrade your plan", "30 %", "2 minutes", "nemovideo recover"),
    *("点击", "打开", "拖拽", "Quick edit", "Batch style", "Iterative", "1080×1920", "H.264"),
)


@pytest.mark.parametrize("words", COVERED)
def test_the_skill_covers_the_description_of_the_product(words: str) -> None:
    assert words in SKILL.read_text("utf-8")


def test_the_skill_names_every_file_type() -> None:
    text = SKILL.read_text("utf-8")
    assert [each for each in SUPPORTED_FORMATS if f"`{each}`" not in text] == []


@BASH
@pytest.mark.slow
@pytest.mark.repository
@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.name)
def test_every_command_of_the_skill_runs_against_the_sandbox(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with (
        no_waiting(),
        Sandbox(stub_renders=True, credits=5000, behavior=behavior) as sandbox,
        open_stage(sandbox, tmp_path) as stage,
    ):
        for name in ("HOME", "NEMO_API_URL", "NEMO_WEB_URL"):
            monkeypatch.setenv(name, stage.environment[name])
        monkeypatch.chdir(tmp_path)
        for block in read_blocks(page.read_text("utf-8")):
            stage.play(block)
            assert '"type": "error"' not in stage.printed
            assert '"type": "failed"' not in stage.printed
        sandbox.assert_clean()


def write_skill(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(text, "utf-8")
    return folder / "SKILL.md"


def test_a_skill_that_the_environment_names_gives_the_attribution(tmp_path: Path) -> None:
    file = write_skill(
        tmp_path / ".cursor" / "skills" / "clips",
        '---\nname: clips\nversion: "2.1.0"\ndescription: Clips.\n---\n# Clips\n',
    )
    settings = load_settings(environ={"HOME": str(tmp_path), "NEMOVIDEO_SKILL": str(file)})
    assert (settings.source, settings.source_version) == ("clips", "2.1.0")
    assert settings.platform == "cursor"


def test_a_skill_is_named_by_its_folder_and_its_version_by_the_environment(tmp_path: Path) -> None:
    file = write_skill(tmp_path / "clips", "---\nname: clips\nversion: 1.0\n---\n")
    environ = {"NEMOVIDEO_SKILL": str(file.parent), "HOME": str(tmp_path)}
    assert load_settings(environ=environ).source_version == "1.0"
    settings = load_settings(environ={**environ, "SKILL_VERSION": "1.2"})
    assert (settings.source, settings.source_version) == ("clips", "1.2")
    assert settings.platform == "unknown"
    assert load_settings(source_version="3", environ={"SKILL_VERSION": "1.2"}).source_version == "3"


def test_an_argument_wins_over_the_skill(tmp_path: Path) -> None:
    file = write_skill(tmp_path / "clips", "---\nname: clips\n---\n")
    environ = {"HOME": str(tmp_path), "NEMOVIDEO_SKILL": str(file), "SKILL_SOURCE": "terminal"}
    settings = load_settings(source="mine", source_version="3", environ=environ)
    assert (settings.source, settings.source_version, settings.platform) == (
        *("mine", "3"),
        "terminal",
    )


@pytest.mark.parametrize("text", ["", "# Clips\n", "---\nname: clips\n", "---\nversion: 1\n---\n"])
def test_a_file_without_front_matter_is_no_skill(tmp_path: Path, text: str) -> None:
    file = write_skill(tmp_path / "clips", text)
    with pytest.raises(InvalidInputError) as caught:
        load_settings(environ={"NEMOVIDEO_SKILL": str(file)})
    assert caught.value.parameter == "NEMOVIDEO_SKILL"


def test_a_skill_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_settings(environ={"NEMOVIDEO_SKILL": str(tmp_path / "SKILL.md")})
