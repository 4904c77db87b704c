"""A request for a new video, with all that it wants of it in the same breath."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    Answer,
    ClipSelector,
    Generate,
    Instruction,
    Reshoot,
    Shot,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import CLIP, CLIP_NOUN, find_clips
from nemovideo.sandbox.agents.rule_agent.reading.picture import (
    EXTRAS,
    NEGATED,
    VERB_EN,
    describe,
    read_shot,
    without_extras,
)
from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text
from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    EN,
    LEFT,
    RIGHT,
    ZH,
    durations,
    either,
    number,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import FILE, QUOTE, VERBS, Message, lower
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import find_time_range
from nemovideo.sandbox.agents.rule_agent.words.visual_style import (
    find_visual_style,
    frame_rate,
    orientation,
)

_VIDEO: Final = either(
    "videos?|clips?|films?|movies?|animations?|footage|reels?|shorts|tik ?toks?|commercials?|ads?"
    "|vlogs?|trailers?|sequence|time[- ]?lapse|scenes?|shots?",
    "视频|短片|影片|动画|片子|镜头|画面|片段",
)
_VERB_EN = re.compile(f"^(?:{VERB_EN}){RIGHT}")
# A single sign is a verb of making only before what is made: 来一段, 画一个, but not 画面.
_VERB_ZH = re.compile(
    "^(?:生成|制作|创建|创作|产生|制造|拍摄|导出(?=一[段个条部])|做(?![淡叠转])|整(?=个(?!视频|片|影|短片|画面)|[一段条])|(?:来|画|拍|弄"
    "|出)(?=[一个段条张幅0-9两三几]))"
)
_NOUN_PHRASE = re.compile(
    f"^(?:an?|some|two|three|one|many|several|the){RIGHT} |^[一两几](?:只|个|条|匹|头|群|位|座|片"
    "|朵|辆|艘|架|颗)"
)
_ACTION = re.compile("[a-z]{2,}ing(?![a-z])|着|正在")
_SCENES_EN = re.compile(
    r"(?:(?:^|[,.;:] *)first(?:ly)?|(?:^|[,.;] *|\s)(?:then|next|after that|finally|and then"
    "|followed by|lastly|cut to|scene [0-9]:?))(?![a-z]),? *"
)
_FRONT_AND_BACK = re.compile("(?P<at>^|[:,] ?)前面是(?P<one>[^。;]+?)[,;] ?后面是")
_SCENES_ZH = re.compile("(?:首先|先是|然后是?|接着是?|随后|再是|最后是?|之后是?)")
_APPEND = re.compile(
    "^(?:(?:show|cut to|follow(?:ed)? (?:it |that )?(?:by|with)|end with|finish with|start with"
    "|begin with|open with) |(?:add|append|insert|include|put)(?: me)? (?:(?:in|a|an|another|one"
    f"|more|new|second|third|final|last|next|extra|closing|opening|short){RIGHT}"
    " ?)*(?:[0-9a-z.-]+ ){0,4}?(?:scene|shot|clip|segment|sequence|footage|part|intro|outro|opening"
    f"|ending|video|film)s?{RIGHT})"
)
# "The dog" is one that is there; a new clip is wished for as "a dog".
_DEFINITE = re.compile(
    f"(?:show|cut to|follow(?:ed)? (?:it |that )?(?:by|with)|(?:end|finish|start|begin|open) with)"
    f" (?!(?:an?|some|another|two|three|four|[0-9]+|one){RIGHT})"
)
_APPEND_ZH = re.compile(
    "^(?:在?(?:开头|最后|结尾|片头|片尾|末尾|最前面?|前面|后面))?再?(?:展示|接上|切到|转到|出现|显示"
    "|来(?:一|1|个|段|另|新)+[^,。]*?(?:镜头|场景|画面|片段)|(?:加|添加|追加|插入|接|补"
    "|增加)(?:上)?(?:一|1|个|段|另|新|最后|结尾"
    "|[0-9零一二两三四五六七八九十]+秒的?)+[^,。]*?(?:镜头|场景|画面|片段|视频|段|特写|[近远全]景|航拍))"
)
_ANOTHER = either(
    "another|one more|(?<![0-9] )(?<![0-9]-)second (?:scene|clip|shot|video)|new scene|new shot"
    "|extra",
    "再|另|又一",
)
_FRONT = either(
    "at the (?:beginning|start|front)|opening|start with|begin with|open with|before (?:it|that"
    "|everything)",
    "开头|最前|片头|前面",
)
_SCENE_OF = re.compile(f"^an? (?:[a-z-]+ ){{0,2}}(?:scene|shot|clip) (?:of|with){RIGHT}")
_HOLDS_SHOT = either("of|showing|with|where|about|featuring", "的")
_MOST_SHOTS: Final = 12


def read_generate(clause: Message, *, empty: bool) -> Generate | None:
    """Read a request for a new video; None when the clause is no such request.

    Args:
        clause: one or several sentences.
        empty: True while the timeline holds no picture: then a bare description is a request too.
    """
    if not (asks(clause) or _describes(clause, empty=empty)):
        return None
    shots = _shots(clause)
    if not shots:
        return None
    low = clause.low
    total = _total(clause, shots)
    return Generate(shots, total, orientation(low), frame_rate(low))


# "Make clip 2 longer" and "make beach.mp4 faster" speak of what is there already.
_ON_TIMELINE: Final = re.compile(
    f"{FILE}|(?:clip|scene|segment|shot|photo|part|image) {EN}{RIGHT}|(?:an?|another|{EN}"
    f") (?:exact )?(?:copy|copies|duplicates?){RIGHT}"
)

# "Show “The End”" puts words on the screen.
_WRITTEN: Final = re.compile(
    f"{QUOTE}|(?:texts?|words|titles?|subtitles?|captions?){RIGHT}|(?:标题|字幕|文字)"
)

# "Create a smooth transition" and "make some music" are edits.
_NO_VIDEO: Final = re.compile(
    "(?:(?:an?|some) )?(?:(?!(?:the|with|of|for|about|to) )[a-z0-9-]+ ){0,3}?"
    "(?:music|songs?|soundtrack|transitions?|fades?|cross-?fades?|dissolves?"
    f"|titles?|subtitles?|captions?|texts?|intros?|outros?){RIGHT}"
    "(?! (?:video|film|movie|clip|animation|sequence|reel))"
)
_PLACEHOLDER: Final = re.compile(
    "(?:(?:a|an|the|my|some) )?(?:tests?|testing|prompt|foo|bar|hello world|demo|example|sample)"
    "(?:[ _-]?(?:test|prompt|message|text|video|[0-9]+))*"
    "|(?:这是)?(?:一个|一段)?(?:测试|示例)(?:视频)?[0-9]*"
)


def is_placeholder(message: Message) -> bool:
    """Return True if a message is what people write in unit tests in place of a prompt."""
    return _PLACEHOLDER.fullmatch(message.low.strip(" .!?。！")) is not None


def asks(clause: Message) -> bool:
    """Return True if a clause asks for a video in so many words: "make a video of …"."""
    verb = _VERB_EN.match(clause.low) or _VERB_ZH.match(clause.low)
    if verb is None:
        return (
            re.match(
                rf"^(?:[^,。]{{0,20}})(?:video|clip|film|movie) (?:of|about|showing){RIGHT}",
                clause.low,
            )
            is not None
        )
    body = clause.low[verb.end() :].strip()
    if _ON_TIMELINE.match(body) or _NO_VIDEO.match(body):
        return False
    if _WRITTEN.match(body) and not _VIDEO.search(body):
        return False
    if re.match(
        rf"^(?:(?:only|just) )?(?:it|this|that|the|these|them|sure|my|everything|everyone|all|each"
        rf"|every|both){RIGHT}|^(?:它|这|那"
        rf"|我的)",
        body,
    ):
        return (
            re.match(rf"^(?:the|this) (?:video|film|clip|movie) (?:of|about){RIGHT}", body)
            is not None
        )
    return bool(_VIDEO.search(body) or find_terms(body) or len(body.split()) > 1 or len(body) > 3)


_OF_LENGTH: Final = re.compile("[0-9][ -]seconds? [a-z]|秒钟?的")
# What only a film has, or an order to edit one, is no picture, though no film is there yet.
_PARTS: Final = either(
    f"the (?:music|titles?|captions?|subtitles?|volume|song)|(?:{VERBS}) (?:it|this|that|the|my)",
    "标题|字幕|音量|^[把将]",
)
_LEADS_TO: Final = re.compile(f"(?:{_VIDEO.pattern}) ?[:,]|的[^,。]{{0,4}}(?:{_VIDEO.pattern})")


def _describes(clause: Message, *, empty: bool) -> bool:
    """Return True if a clause without a verb of making describes a video all the same."""
    low = clause.low
    signs = [
        _NOUN_PHRASE.match(low), find_terms(low), _OF_LENGTH.search(low), _LEADS_TO.search(low),
        find_visual_style(low).given, _ACTION.search(low),
    ]  # fmt: skip
    if empty:
        return any(signs) and not _PARTS.search(lower(without_extras(clause.text)))
    weight = sum(map(bool, [*signs, durations(low), _VIDEO.search(low), orientation(low)]))
    return bool(find_terms(low)) and weight >= 3 and bool(_NOUN_PHRASE.match(low) or durations(low))


def _shots(clause: Message) -> tuple[Shot, ...]:
    text = _FRONT_AND_BACK.sub(r"\g<at>先是\g<one>,然后是", without_extras(clause.text))
    pattern = _SCENES_ZH if clause.language == "zh" else _SCENES_EN
    pieces = [
        piece
        for piece in re.split(pattern.pattern, text, flags=re.IGNORECASE)
        if piece.strip(" ,.;")
    ]
    if len(pieces) > 1:
        lead, *rest = (_piece(clause, piece) for piece in pieces[:_MOST_SHOTS])
        shots = [shot for shot in (lead, *rest) if shot is not None]
        if len(shots) > 1:
            # The lead may be "a 12-second video:"; what follows is a scene each.
            return () if None in rest else tuple(shots)
    single = read_shot(clause)
    return (single,) if single else ()


def _piece(clause: Message, piece: str) -> Shot | None:
    """Read one scene of several; a lead such as "a 12-second video:" describes none."""
    part = clause.part(piece.strip(" ,.;:"))
    picture = describe(part)
    bare = re.sub(_VIDEO.pattern, "", picture.lower())
    bare = re.sub(
        rf"{LEFT}(?:an?|the|of|with|two|three|four|in){RIGHT}|[一两三四]个?|[,:的]", "", bare
    )
    return read_shot(part) if len(bare.strip()) > 1 or not bare.isascii() else None


def _total(clause: Message, shots: tuple[Shot, ...]) -> int | None:
    found = durations(clause.low)
    if not found:
        return None
    if len(shots) > 1 and sum(shot.length is not None for shot in shots) >= 2:
        return None
    return found[0].ms


_COUNT: Final = re.compile(
    f"{LEFT}(?P<en>{EN}) (?!s(?:ec|ecs|econd|econds)? |min)(?:[a-z0-9-]+ ){{0,2}}?(?:shots|scenes"
    f"|clips|segments|parts|videos|films|versions|shot|scene|clip|video){RIGHT}"
    f"|(?P<zh>{ZH})[个段条]?(?:不同的)?(?:镜头|场景|片段|画面|视频|短片|版本)"
)
_EACH: Final = either("each|apiece|respectively", "各|每|分别")
# What is said of several shots, in a request that was read as one.
_SEVERAL: Final = either(
    "each|apiece|respectively|and then|followed by|after that",
    "各|每|分别|然后|接着|随后|再来|再是",
)
# A picture is not measured against one that is there.
_COMPARES: Final = either(
    "instead(?! of)|the same|the rest|(?:as|than) (?:before|now|the|that|it)",
    "比(?=[前上之原现第刚])|一样|同样|不变|其他|其余",
)
_ERRAND: Final = either(
    "(?:send|e-?mail|mail|post|publish|upload|share|save|export|download) (?:it|this|that|the|them"
    "|to)",
    "发给|发到|上传到|导出到|保存到|分享",
)


def unhandled(clause: Message, found: Sequence[Instruction]) -> str:
    """Return what a request for pictures asks for that no instruction holds; "" if there is none.

    A picture is described in any words, but lengths, counts and errands are none of it.
    """
    low = clause.low
    shots: list[Shot] = []
    lengths: set[int | None] = set()
    for one in found:
        if isinstance(one, Generate):
            shots += one.shots
            own = [shot.length or 0 for shot in one.shots]
            lengths |= {one.length} if one.length else {*own, sum(own)}
        elif isinstance(one, AddScene | Reshoot):
            shots.append(one.shot)
            lengths.add(one.shot.length if isinstance(one, AddScene) else None)
    if not any(isinstance(one, Generate) for one in found) and (more := extras(clause)):
        return more[0].plain()
    bare = without_extras(clause.text)
    for length in durations(lower(bare)):
        if length.ms not in lengths:
            return clause.plain(bare[length.start : length.end])
    for count in _COUNT.finditer(low):
        if number(count["en"] or count["zh"]) not in (1, len(shots)):
            return clause.plain(clause.text[count.start() : count.end()])
    denied = (
        match[0] for match in NEGATED.finditer(bare)
        if MUSIC.search(match[0].lower()) or about_text(match[0].lower())
    )  # fmt: skip
    several = _SEVERAL.search(low) if len(shots) < 2 else _EACH.search(low)
    if (unlike := several or _ERRAND.search(low) or _COMPARES.search(low)) is not None:
        return unlike[0]
    return next(denied, "").strip(" ,，")


_EXTRA_JOINT = re.compile(
    r"\s+(?:and|plus)\s+(?=[^,]*(?:music|title|subtitle|caption|text|song|fade))"
)


def extras(clause: Message) -> list[Message]:
    """List what a prompt wants besides its picture, as clauses such as "add calm music"."""
    found: list[Message] = []
    for match in EXTRAS.finditer(clause.low):
        lead = clause.low[match.start() : match.start("extra")].strip(" ,")
        text = clause.text[match.start("extra") : match.end("extra")]
        verb = "remove" if lead == "without" else "add"
        parts = _EXTRA_JOINT.split(text)
        orders = (part if part.startswith("no ") else f"{verb} {part}" for part in parts)
        found.extend(clause.part(order) for order in orders)
    return found


def read_scene(clause: Message, *, then: bool = False) -> Instruction | None:
    """Read a request for one more generated scene; `then` if a "then" came before."""
    low = clause.low
    match = _APPEND.match(low) or _APPEND_ZH.match(low)
    another = _ANOTHER.search(low) is not None and (_VERB_EN.match(low) or _VERB_ZH.match(low))
    shown = find_terms(low) or _SCENE_OF.match(low)
    if match is None and not another and not (then and shown and _NOUN_PHRASE.match(low)):
        return None
    if _DEFINITE.match(low) or low.startswith("the "):
        return None
    body = clause.text[match.end() :] if match and _VERBAL.match(low) else clause.text
    body = re.sub("^在?(?:开头|最后|结尾|片头|片尾|末尾|最前面?|前面|后面)", "", body)
    body = re.sub("^再?(?:展示|接上|切到|转到|出现|显示|加|添加|追加|插入|接|补|增加)", "", body)
    body = re.sub(
        r"^(?:add|append|insert|include|put|another|one more)\s+", "", body, flags=re.IGNORECASE
    )
    shot = read_shot(clause.part(_FRONT.sub("", body) if _FRONT.search(body.lower()) else body))
    if shot is None or not (find_terms(low) or _HOLDS_SHOT.search(low)):
        return None
    next_to = any(_NEXT_TO.search(low[:position]) for position, _ in clause.mentions())
    when = find_time_range(low)
    if next_to or _PLACED.search(low) or (when.anchor == "at" and when.start):
        return Answer("scene_place")
    return AddScene(shot, 0 if _FRONT.search(low) else None)


# A place among what is there already, which is no part of the picture.
_PLACED: Final = re.compile(
    f"{LEFT}(?:before|after|between|in front of|ahead of) (?:the |my |that |this )?(?:[a-z-]+ )?"
    f"(?:{CLIP_NOUN}|slogans?|titles?|captions?|subtitles?|texts?|credits|ending|music|song|ones?"
    f"|first|second|third|last|them|{FILE}|{QUOTE}){RIGHT}"
    "|(?:段|个|镜头|片段|画面|标题|字幕)(?:的|之)?(?:前面?|后面?|[之中]间)"
)

_NEXT_TO: Final = re.compile(
    f"{LEFT}(?:before|after|between|in front of|ahead of) (?:the |my |that |this )?$"
)

_VERBAL = re.compile(
    "^(?:show|cut to|follow|end with|finish with|start with|begin with|open with|展示|接上|切到"
    "|转到)"
)

_RESHOOT = re.compile(
    "^(?:replace|change|swap|turn|switch|make) (?:the |that |this )?(?P<old>.+?) (?:with|to|into"
    "|for|by) (?P<new>.+)$|^make (?:the |that "
    "|this )(?P<thing>[a-z ]+?) (?:into )?an? (?P<other>.+)$|^(?:把|将)?(?P<zold>.+?)(?:换|改|变"
    "|替换)(?:成|为)(?P<znew>.+)$"
)


_PAIRS: Final = (("old", "new"), ("thing", "other"), ("zold", "znew"))


_REPLACE: Final = either("replace|swap", "替换|换成|换为")


def read_reshoot(clause: Message) -> Reshoot | None:
    """Read "replace the panda with a cat" and "change the second clip to a beach"."""
    match = _RESHOOT.match(clause.low)
    if match is None:
        return None
    old_name, new_name = next(pair for pair in _PAIRS if match[pair[0]])
    old = clause.part(clause.text[match.start(old_name) : match.end(old_name)])
    new = clause.part(clause.text[match.start(new_name) : match.end(new_name)])
    things, wanted = find_terms(old.low), find_terms(new.low)
    if not wanted:
        return None
    shot = read_shot(new)
    pointed = find_clips(old)
    if shot is None or not (things or pointed.given):
        return None
    if pointed.given and CLIP.search(old.low):
        return Reshoot(pointed, shot, made_only=_REPLACE.search(clause.low) is None)
    return (
        Reshoot(ClipSelector(subject=things[-1].term.name), shot, recast=True) if things else None
    )
