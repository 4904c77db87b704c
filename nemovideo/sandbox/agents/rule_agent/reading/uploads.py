"""What a clause wants of uploads: place them, or make a video of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import (
    ANY,
    Answer,
    ClipSelector,
    Instruction,
    Montage,
    Place,
    fits,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import find_clips
from nemovideo.sandbox.agents.rule_agent.reading.effects import TRANSITION
from nemovideo.sandbox.agents.rule_agent.reading.sound import FADE, MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    EN,
    LEFT,
    RIGHT,
    ZH,
    durations,
    either,
    percentage,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import FILE, Message
from nemovideo.sandbox.agents.rule_agent.words.sounds import find_sound
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import find_time_range
from nemovideo.sandbox.agents.rule_agent.words.visual_style import (
    find_visual_style,
    frame_rate,
    orientation,
)
from nemovideo.sandbox.agents.uploads import Upload

_OWN = r"(?:my|our|uploaded|these|those|all(?: of)?|both|attached)"
_IMAGE = "photos?|pictures?|images?|pics?|selfies?|screenshots?|logos?"
_VIDEO = "clips?|videos?|footage|recordings?"
_AUDIO = (
    "songs?|audio(?: files?)?|audio tracks?|music|mp3|recordings?|voice[- ]?overs?|narration|sound "
    "effects?|sounds?|track"
)
_ANYTHING = "files?|uploads?|media|materials?|assets?"
_KINDS_EN: Final = (("image", _IMAGE), ("audio", _AUDIO), ("video", _VIDEO), ("visual", _ANYTHING))
_KINDS_ZH: Final = (
    ("image", "照片|图片|相片|图|logo|标志"),
    ("audio", "音频|录音|歌曲?|音乐|旁白|配音|音效|mp3"),
    ("video", "视频|片段|录像"),
    ("visual", "素材|文件"),
)
_OWN_ZH = (
    r"(?:我(?:上传)?的|我上传|上传的|刚上传的?|所有|全部|这些|那些|这[张段个首]|那[张段个首]"
    r"|[两几三四五][张段个])"
)
_MINE = either("my|our|uploaded|attached|i uploaded", "我的|上传")
_DEFINITE: Final = (
    r"(?:my|our|the|this|that|these|those|uploaded|all|both|attached|i uploaded|second|first|last"
    r"|other)"
)
_A_FILE = re.compile(
    rf"[a-z0-9_-]\.(?:mp4|mov|avi|webm|mkv|jpe?g|png|gif|webp|mp3|wav|m4a|aac){RIGHT}"
)
_ADD = either(
    "add|append|insert|place|put|use|using|include|attach|overlay|show|bring|start with|begin with"
    "|end with|finish with|set|replace|play|lay|import|swap",
    "加|插|放|用|接|叠|换|替换|拼|配|导入",
)
_AGAIN = either("add|append|insert|include|attach|import|again", "加|插|接|导入|再")
_PLURAL = either(
    "photos|pictures|images|pics|clips|videos|files|uploads|all|both|everything|media|materials"
    "|assets|songs",
    "所有|全部|这些|那些|都|[两几三四五]|素材|我的|上传的",
)
_OVERLAY = either(
    "overlay|on top(?: of)?|over the (?:video|clip|footage)|picture[- ]in[- ]picture|pip|watermark"
    "|corner",
    "叠加|画中画|水印|覆盖|角落?",
)
_START = re.compile(
    f"{LEFT}(?:at|to|in|on) the (?:very )?(?:beginning|start|front|opening)|{LEFT}(?:start with"
    "|begin with|open with|as (?:the|an) intro|before everything|first)(?![a-z])|开头|最前|片头"
    "|开始"
)
_ONLY = re.compile(f"{LEFT}(?:only|instead|just|nothing but){RIGHT}(?! of)|只用|只要|改用|换成只")
_REPLACE = either("replace|swap|instead of|in place of", "替换|换成|换为|代替")
_RELATIVE_TO = re.compile(
    f"{LEFT}(?P<en>before|after){RIGHT} (?P<rest>.*)$|(?P<clip>第.{{1,3}}[段个张]?(?:片段|视频|镜头"
    "|画面)?)(?:的|之)?(?P<zh>[前后])面?"
)
_VOICE = either(
    "voice|voice[- ]?over|narration|speech|sound effects?|sfx|recording|dub|dialogue",
    "旁白|配音|录音|音效|解说|人声",
)
_BACKGROUND = either("background|bgm", "背景|配乐|bgm")
_COVER = either(
    "fill(?: the (?:frame|screen))?|full ?screen|cover|crop to fit", "铺满|全屏|填满|填充"
)

_SHOW = either(
    "slide ?shows?|montages?|photo (?:video|album|reel)|compilation|highlight reel",
    "幻灯片|相册|轮播|混剪|合集|照片墙|照片视频",
)
_JOIN = re.compile(
    f"{LEFT}(?:combine|merge|join|stitch|concatenate|edit|assemble|put)(?![a-z]).*?{LEFT}(?:{_OWN}"
    f"|the)? ?(?:{_VIDEO}|{_IMAGE}|{_ANYTHING}){RIGHT}.*?(?:{LEFT}(?:together|into|in one|as one)"
    "|$)|(?:合并|拼接|拼成|拼起来|合成|剪成|串起来|连起来|剪辑)"
)
_JOIN_FILES = re.compile(
    f"^(?:combine|merge|join|stitch|concatenate|assemble){RIGHT}|合并|拼接|拼成|拼起来|合成|串起来"
    "|连起来"
)
_JOINS: Final = either(
    "combine|merge|join|stitch|splice|string|concatenate|assemble|animate|use|using|together"
    "|(?:in)?to (?:an?|one)",
    "合并|合成|一起|拼|串|[连接]起来|[做剪变]成|用",
)
_MANY: Final = (
    "photos|pictures|images|pics|selfies|clips|videos|footage|recordings|files|uploads|media"
    "|materials|assets"
)
_MADE_OF = re.compile(
    f"{LEFT}(?:from|with|out of|using|of)(?![a-z]) {_OWN}(?![a-z]) ?(?:[a-z0-9]+ ){{0,2}}?(?:"
    f"{_VIDEO}|{_IMAGE}|{_ANYTHING}){RIGHT}|{LEFT}(?:from|with|out of"
    f"|using)(?![a-z]) the (?:[a-z0-9]+ ){{0,2}}?(?:{_MANY}){RIGHT}|{LEFT}turn (?:{_OWN}"
    f"|the)(?![a-z]) ?(?:[a-z0-9]+ ){{0,2}}?(?:{_MANY}){RIGHT} (?:into|to) an?(?![a-z])|用{_OWN_ZH}"
    f"?(?:照片|图片|视频|素材|片段|相片)|把{_OWN_ZH}?(?:照片|图片|视频|素材|片段|相片).*(?:做|变|剪"
    "|生成|制作)成[^,。]*(?:视频|短片|影片|片子)"
)
_MAKE = re.compile(
    "^(?:make|create|generate|build|produce|edit|turn|render|compose|put together)(?![a-z])|^(?:用"
    "|把|将)|做|制作|生成|剪"
)
_EACH = either(
    "each|apiece|per (?:photo|image|picture|clip|slide)|every (?:photo|image|picture|clip|slide)",
    "每[张段个幅]",
)
_TOGETHER = either("together|into|in one|as one", "合并|拼接|拼成|拼起来|合成|串起来|连起来")
_BETWEEN_ALL = re.compile(f"{LEFT}between{RIGHT}|之间")
_TURN = re.compile(
    "(?:turn|animate|convert|transform|make|bring)(?![a-z])|[把将用让].*(?:[做变转]成|动起来)"
)
_NO_MUSIC = re.compile(f"{LEFT}(?:no|without)(?: any)? music{RIGHT}|(?:不要|无|没有)(?:背景)?音乐")


def read_montage(clause: Message, assets: Sequence[Upload]) -> Instruction | None:
    """Read a request for a video of uploads: a slideshow, clips put together."""
    low = clause.low
    files = clause.named()
    joined = _JOIN.search(low) is not None and _TOGETHER.search(low) is not None
    joined = joined or (len(files) > 1 and _JOIN_FILES.search(low) is not None)
    made_of = _MADE_OF.search(low) or (
        len(files) > 0 and re.search("video|film|movie|视频|影片|短片", low)
    )
    if not (_SHOW.search(low) or joined or (made_of and _MAKE.search(low))):
        return None
    kind = _shown_kind(low, assets)
    if not any(fits(asset, kind) for asset in assets):
        return (
            Answer("no_uploads")
            if made_of or joined or _MINE.search(low) or kind == "image"
            else None
        )
    return build_montage(clause, tuple(files), kind)


# What stands between the names of files that are put together in that order, and nothing else.
_FILLS_EN: Final = (
    "(?:and|then|next|after(?:wards| that)|followed by|the|my|this|that|a|an|one|it|them|all|these"
    "|those|files?|clips?|photos?|pics?|pictures?|videos?|of|in|into|to|with|as|please|can|could"
    "|you|i|want|us|me|order|exactly|just|together|up|from|go(?:es)?|comes?|is|be|bit|part|shot"
    "|film|movie|reel|everything|ok(?:ay)?|so|now|combine|merge|join|stitch|splice|string|put|cut|edit|assemble|make|create)"
)
_FILLS_ZH: Final = (
    "按照?|依次|顺序|的|然后|接着|再来?|是|放|和|与|跟|到|请|帮我|把|将|用|先后|剪辑?|拼接?|串|接|合并?|做"
    "|成|起来|一起|[一这]?[个部段条]|片子|视频|影片|短片|素材|照片|图片|这些|那[段张]|[这那]"
)
_FILLS: Final = re.compile(f"(?:{LEFT}{_FILLS_EN}{RIGHT}|{_FILLS_ZH}|[ ,.:;、。!?>]|->|→)*")
_OPENS: Final = re.compile(f"{LEFT}(?:first(?:ly)?|(?:start|begin|open)(?:ing)? with){RIGHT}|首?先")
_CLOSES: Final = re.compile(
    f"{LEFT}(?:finally|lastly|last|(?:(?:and )?end|finish)(?:ing)? with|at the end){RIGHT}|最后"
)
_IN_ORDER: Final = either(
    "combine|merge|join|stitch|splice|string|put|cut|edit|assemble|make|create"
    "|(?:start|begin|open) with",
    "剪|拼|串|接|合|做",
)


def read_sequence(message: Message, assets: Sequence[Upload]) -> tuple[str, ...]:
    """Read in what order all uploads that can be seen are to be put together; () if unclear.

    Each has to be called once, by words of its own name, and all else has to be about order.
    """
    low = message.low
    called: list[tuple[int, int, str]] = []
    for word, name in message.aliases:
        stem = set(re.findall("[a-z0-9]+", name.lower()))
        for match in re.finditer(word, low):
            start, end = match.span()
            # "The first dance" may be first_dance.mp4 as a whole.
            while (lead := re.search("([a-z0-9]+) $", low[:start])) and lead[1] in stem:
                start = lead.start()
            while (rest := re.match(" ([a-z0-9]+)", low[end:])) and rest[1] in stem:
                end += rest.end()
            called.append((start, end, name))
    gaps: list[str] = []
    order: list[str] = []
    end = 0
    for start, stop, name in sorted(set(called)):
        if order and order[-1] == name and (start < end or not low[end:start].strip()):
            end = max(end, stop)
            continue
        gaps.append(low[end:start])
        order.append(name)
        end = stop
    gaps.append(low[end:])
    shown = [asset.filename for asset in assets if fits(asset, "visual")]
    if len(order) < 2 or sorted(order) != sorted(shown) or not _IN_ORDER.search(low):
        return ()
    if opened := _OPENS.search(gaps[1].split(",")[0]):
        gaps[1] = gaps[1][opened.end() :]
    else:
        gaps[0] = _OPENS.sub("", gaps[0])
    gaps[-2] = _CLOSES.sub("", gaps[-2])
    gaps[-1] = _CLOSES.sub("", gaps[-1])
    return tuple(order) if all(_FILLS.fullmatch(gap) for gap in gaps) else ()


def joins(clause: Message) -> bool:
    """Return True if a clause says to use files, or to put them together."""
    return _JOINS.search(clause.low) is not None


def build_montage(clause: Message, files: tuple[str, ...], kind: str = "visual") -> Montage:
    """Build a video of uploads, with all that a clause wants of it."""
    low = clause.low
    lasting = durations(low)
    each = lasting[0].ms if lasting and _EACH.search(low) else None
    return Montage(
        kind,
        files,
        lasting[-1].ms if lasting and (each is None or len(lasting) > 1) else None,
        each,
        TRANSITION.search(low) is not None or _SHOW.search(low) is not None,
        _NO_MUSIC.search(low) is None and (MUSIC.search(low) or _SHOW.search(low)) is not None,
        find_sound(low) if MUSIC.search(low) else None,
        None,
        orientation(low),
        frame_rate(low),
        find_visual_style(low).camera,
    )


def _shown_kind(low: str, assets: Sequence[Upload]) -> str:
    """Return what a video is made of: photos alone, clips alone, or whatever can be seen."""
    images = re.search(rf"{LEFT}(?:{_IMAGE}){RIGHT}|照片|图片|相片", low) is not None
    clips = re.search(
        rf"{LEFT}(?:clips|videos|footage){RIGHT}|这些视频|我的视频|视频素材|[和与]视频|视频[和与]",
        low,
    )
    if images == (clips is not None):
        return "visual"
    if images:
        return "image"
    return "video" if any(asset.file_type == "video" for asset in assets) else "visual"


# "Add a caption on dog.mp4" places the caption.
_ON_FILE: Final = re.compile(f"{LEFT}(?:on|onto|over|in|during|for|to) {FILE}|[给在]{FILE}")


# "Add music to my clips" places music.
_TO_PICTURES: Final = re.compile(
    f"(?:{MUSIC.pattern}|{TRANSITION.pattern}|{FADE.pattern}) (?:[a-z]+ )?"
    f"(?:to|under|over|behind|on|onto|between|for){RIGHT}"
    f"|[给为在][^,。]+[加配上放](?:{MUSIC.pattern}|{TRANSITION.pattern}|{FADE.pattern})"
)


# "My song from 0:20" may be the song's own time or the film's.
_OFFSET: Final = re.compile(
    f"{LEFT}(?:from|(?:start|begin)(?:s|ing|ning)?(?: it)?(?: (?:at|from|with))?|skip(?:ping)?"
    f"(?: the)?(?: first)?|after) (?:its |the )?(?:second |minute )?{EN}"
    f"(?![0-9:.]* ?(?:s|secs?|seconds?)? ?(?:to|until|till|-|–))"
    f"|(?:从|跳过)第?前?{ZH} ?[秒分](?!钟?到)"
)


def read_place(clause: Message, assets: Sequence[Upload]) -> Instruction | None:
    """Read a request to put uploads on the timeline."""
    low = clause.low
    if not _ADD.search(low) or (_BETWEEN_ALL.search(low) and TRANSITION.search(low)):
        return None
    files = tuple(clause.named())
    if about_text(low) and (not files or _ON_FILE.search(low)):
        return None
    kind = _kind_of(files, assets) if files else _worded_kind(low, assets)
    if kind is None:
        return _missing(low)
    if kind != "audio" and _TO_PICTURES.search(low):
        return None
    return Answer("no_offset") if _OFFSET.search(low) else _build_place(clause, files, kind)


def add_meant(clause: Message, files: tuple[str, ...]) -> Instruction | None:
    """Read what to do with the uploads that a clause refers to, if there is a video."""
    if _TURN.match(clause.low):
        return build_montage(clause, files)
    if _ADD.search(clause.low) or _JOIN_FILES.search(clause.low):
        return _build_place(clause, files, "visual")
    return None


def _build_place(clause: Message, files: tuple[str, ...], kind: str) -> Place:
    low = clause.low
    span = find_time_range(low)
    replacing = _REPLACE.search(low) is not None
    relative_to, side = _relative_to(clause)
    if kind == "audio":  # A song has no place among the clips.
        relative_to, side = ANY, None
    where = _where(low, span.anchor, side, replacing, kind)
    if where == "replace":
        gone = _replaced(clause)
        files = tuple(name for name in files if name not in gone.files) or files
        relative_to = gone if kind != "audio" else relative_to
    elif side is not None:
        files = tuple(name for name in files if name not in relative_to.files) or files
    music = kind == "audio" and (
        _BACKGROUND.search(low) is not None or not _VOICE.search(clause.plain().lower())
    )
    fit = "cover" if _COVER.search(low) else None
    return Place(
        files,
        kind,
        every=_PLURAL.search(low) is not None,
        where=where,
        span=span,
        relative_to=relative_to,
        music=music,
        fit=fit,
        volume=percentage(low),
        again=_AGAIN.search(low) is not None,
        hint=low,
    )


def _missing(low: str) -> Instruction | None:
    pattern = (
        rf"{LEFT}(?:my|uploaded|our)(?![a-z]) (?:[a-z]+ ){{0,2}}?(?:{_IMAGE}|{_VIDEO}|{_AUDIO}"
        rf"|{_ANYTHING}){RIGHT}|(?:我上传的|上传的)"
    )
    return Answer("no_uploads") if re.search(pattern, low) or _A_FILE.search(low) else None


def _kind_of(files: Sequence[str], assets: Sequence[Upload]) -> str:
    kinds = {asset.file_type for asset in assets if asset.filename in files}
    return "audio" if kinds == {"audio"} else "visual"


def _worded_kind(low: str, assets: Sequence[Upload]) -> str | None:
    """Return what kind of upload is meant by "my photos"; None when none is, or none is there."""
    for kind, words in _KINDS_EN:
        if re.search(
            rf"{LEFT}{_DEFINITE}(?![a-z]) (?:[a-z]+ )?(?:{words}){RIGHT}", low
        ) and _is_available(kind, low, assets):
            return kind
    for kind, words in _KINDS_ZH:
        if re.search(
            rf"{_OWN_ZH}[^,。]{{0,3}}?(?:{words})|(?:把|将|用)(?:{words})", low
        ) and _is_available(kind, low, assets):
            return kind
    return None


def _is_available(kind: str, low: str, assets: Sequence[Upload]) -> bool:
    """Return True if such an upload is there; "the video" means one only when called mine."""
    if not any(fits(asset, kind) for asset in assets):
        return False
    return kind == "image" or _MINE.search(low) is not None or re.search(
        rf"{LEFT}(?:these|those|all|both|files?|uploads?|this song|that song){RIGHT}|这[段首个]"
        rf"|那[段首个]|这些|所有|全部|素材", low
    ) is not None  # fmt: skip


def _where(low: str, anchor: str, side: str | None, replacing: bool, kind: str) -> str:
    if _OVERLAY.search(low):
        return "overlay"
    if replacing:
        return "replace"
    if side is not None:
        return side
    if kind != "audio" and _START.search(low):
        return "start"
    if kind != "audio" and anchor == "at":
        return "at"
    return "only" if _ONLY.search(low) else "end"


def _relative_to(clause: Message) -> tuple[ClipSelector, str | None]:
    match = _RELATIVE_TO.search(clause.low)
    if match is None:
        return ANY, None
    if match["en"]:
        found, side = (
            find_clips(clause.part(clause.text[match.start("rest") : match.end("rest")])),
            match["en"],
        )
    else:
        found = find_clips(clause.part(match["clip"]))
        side = "before" if match["zh"] == "前" else "after"
    return (found, side) if found.given else (ANY, None)


def _replaced(clause: Message) -> ClipSelector:
    """In "replace the first clip with b.mp4" the first clip goes."""
    before = re.split(
        rf"{LEFT}(?:with|by|for){RIGHT}|替换成?为?|换成|换为|代替", clause.text, flags=re.IGNORECASE
    )[0]
    if re.search(rf"{LEFT}(?:instead of|in place of){RIGHT}", clause.low):
        before = re.split(r"instead of|in place of", clause.text, flags=re.IGNORECASE)[-1]
    return find_clips(clause.part(before))
