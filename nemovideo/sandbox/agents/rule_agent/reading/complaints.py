"""What asks for nothing by itself: a complaint that names what is meant next, an interjection."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text, role_of
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

Topic: TypeAlias = Literal["music", "title", "subtitle"]

_COMPLAINS: Final = re.compile(
    rf"{LEFT}(?:(?:don't|do not|didn't) (?:\S+ )?(?:like|love|fit)|doesn't (?:\S+ )?fit|hate"
    r"|not (?:\S+ )?(?:happy|sure|right)|too [a-z]+|boring|awful|terrible|annoying|wrong|bad|ugly)"
    f"{RIGHT}|^(?:about|as for|regarding){RIGHT}|不[太怎么很]*(?:喜欢|满意|合适|好听|好看|对|行)"
    "|太[^,。]{1,4}了|讨厌|难听|难看|无聊|^关于|^至于"
)
_ASIDE: Final = re.compile(
    f"^(?:sorry|oops|whoops|hmm+|no+|nope|wait|hold on|never ?mind|actually|ah|oh(?: no)?){RIGHT}"
    "(?: (?:no|sorry|wait))?$|^(?:不对|不行|不好|算了|等等|等一下|哎呀?|抱歉|不好意思|错了|嗯+"
    "|啊)[了啊呀]*$"
)


def read_topic(clause: Message) -> Topic | None:
    """Read what a complaint is about: "I don't like the music"; None when it is none."""
    low = clause.low
    if not _COMPLAINS.search(low):
        return None
    return "music" if MUSIC.search(low) else role_of(low) if about_text(low) else None


def complains(clause: Message) -> bool:
    """Return True if a clause gives the reason for another: "it's too long, cut it to 5 s"."""
    return _COMPLAINS.search(clause.low) is not None


def is_aside(clause: Message) -> bool:
    """Return True if a clause only sighs or takes breath: "oops", "不对"."""
    return _ASIDE.search(clause.low) is not None
