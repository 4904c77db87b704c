"""Two things in one breath: "remove the title and the music"."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text
from nemovideo.sandbox.agents.rule_agent.words.numbers import RIGHT
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

_VERB_OF_TWO: Final = re.compile(
    "^(?P<verb>(?:add|put|include|use|remove|delete|drop|get rid of|take out|erase|change|set"
    f"|make))(?P<one>{RIGHT} [^,.;]+?) and (?P<two>[^,.;]+)$|^(?P<zverb>加上?|添加|配上?|去掉|删除"
    "|删掉|移除|不要)(?P<zone>[^,。]+?)[和与](?P<ztwo>[^,。]+)$"
    "|^把?(?P<zthis>[^,。]+?)[和与](?P<zthat>[^,。]+?)[都全]?(?P<zlast>去掉|删除|删掉|移除"
    "|不要)[了吧]*$"
)
_TAKE_AWAY: Final = re.compile(r"^take (?P<what>.+) (?:away|out)$", re.IGNORECASE)
_TWO_THINGS: Final = (
    ("verb", "one", "two"), ("zverb", "zone", "ztwo"), ("zlast", "zthis", "zthat"),
)  # fmt: skip


def sound_and_text(clause: Message) -> tuple[Message, Message] | None:
    """Cut "remove the title and the music" in two: each half is another reader's."""
    clause = clause.part(_TAKE_AWAY.sub(r"remove \g<what>", clause.text))
    match = _VERB_OF_TWO.match(clause.low)
    if match is None:
        return None
    names = next(names for names in _TWO_THINGS if match[names[0]])
    verb, one, two = (clause.text[match.start(name) : match.end(name)] for name in names)
    kinds = [
        (MUSIC.search(half.lower()) is not None, about_text(half.lower())) for half in (one, two)
    ]
    if sorted(kinds) != [(False, True), (True, False)]:
        return None
    joint = " " if match["verb"] else ""
    return clause.part(f"{verb}{joint}{one.strip()}"), clause.part(f"{verb}{joint}{two.strip()}")
