"""What the installed distribution says about licenses."""

from importlib import metadata


def test_the_licenses_of_code_and_fonts_are_named_and_installed() -> None:
    installed = metadata.distribution("nemovideo")
    assert installed.metadata["License-Expression"] == "MIT AND OFL-1.1"
    named = installed.metadata.get_all("License-File") or []
    assert set(named) == {"LICENSE", "NOTICE", "nemovideo/sandbox/fonts/OFL.txt"}
    texts = {name: installed.read_text(f"licenses/{name}") or "" for name in named}
    assert "MIT License" in texts["LICENSE"]
    assert "SIL OPEN FONT LICENSE" in texts["nemovideo/sandbox/fonts/OFL.txt"]
    assert "x264" in texts["NOTICE"]
