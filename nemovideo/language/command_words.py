"""The closed vocabulary of commands: a clause with a word from outside it is content.

Each word has one class. What the classes mean together is decided in `intent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias

WordClass: TypeAlias = Literal[
    "filler",  # politeness, pronouns, articles, praise: says nothing about what is wanted
    "definite",  # makes a command a whole sentence: please, it, now
    "one",  # a new thing, not the one at hand: "a video"
    "export",
    "upload",
    "credits",
    "state",
    "tracks",
    "give",  # send, give: an export when the video is what is given
    "look",
    "ask",
    "what",
    "want",  # have, get, need: an export when it is the video
    "retry",  # again: part of a command, by itself a wish for another attempt
    "left",
    "amount",  # how much, left, enough, buy: only about credits
    "video",
    "media",
    "link",
    "form",  # format, quality and place of an export
    "account",
    "ready",
    "not",
    "then",
    "after",  # what stands before it is over when the rest begins
    "and",
    "stop",  # the end of a sentence
    "comma",
    "unknown",
]
"""What a word does in a command."""

_WORDS: Final[dict[WordClass, str]] = {
    "filler": (
        "hey hi ok okay okey k yes yeah yep sure alright all right well so just ty you u your i"
        " i'm im i'd id i'll we we'd we've my mine our may might should like love mind do does"
        " be been to the of for on at in go ahead too also here here's these those there us me"
        " great good perfect nice awesome cool excellent brilliant happy looks look with very"
        " currently current think guess as any anything first finally lastly wait oh whole still"
        " yet i've that's it's up fine actually only final latest full going feel free quickly"
        " quick asap immediately soon maybe 请 麻烦 劳烦 帮 帮我 帮忙 帮我把 我 我的 我们 我想"
        " 想 想要 我要 要 需要 你 您 一下 一下吧 下 吧 呀 啊 哦 嗯 啦 咯 嘛 了 的 得 地 就这样"
        " 这样 可以 能 能否 能不能 可不可以 可否 是否 是不是 好 好的 好吧 行 嗨 很好 不错 完美"
        " 太好了 挺好 满意 棒 太棒了 给 替我 把 将 它 这 那 这个 那个 这些 个 段 现在 马上 立即"
        " 立刻 赶紧 直接 目前 当前 先 首先 来 去 请问 问下 还 最后的 谢谢 谢谢你 多谢 感谢 谢"
        " 辛苦 辛苦了 有 在 上 里 里面 里的 上面 自己 是 也 都 张 几个 几张 出来 过来 所有 全部"
        " 好看 would when once if let we're own you're they're report job work works amazing wow"
        " beautiful lovely nicely exactly sweet super fantastic wonderful cheers everything"
        " correct yay impressive really 喜欢 漂亮 厉害 赞 好极了 没问题 真棒 很满意 非常好 真好"
        " 真不错 太漂亮了"
    ),
    "definite": (
        "please pls plz kindly can could it this that them now thanks thank thx let's lets"
    ),
    "one": "a an one another some something 一个 一段 一条 一份 一张 一些 个新",
    "export": (
        "export exporting re-export reexport download downloading render rendering save daochu"
        " xiazai exportar exporter exportieren 导出 导出来 导成 倒出 导岀 到出 输出 下载 下栽"
        " 渲染 保存 保存到 另存为 出片"
    ),
    "upload": "upload uploading import importing shangchuan 上传 上转 上穿 传上来 导入 传",
    "credits": "credits credit balance points jifen 积分 积份 余额 余鹅 点数 créditos",
    "state": (
        "status state progress zhuangtai 状态 状太 壮态 进度 进展 哪一步 到哪一步 哪步 什么情况"
        " 情况 生成进度 生成状态 preview 预览 生成到哪一步 生成到哪 生成到哪了"
    ),
    "tracks": "tracks track timeline tracklist 轨道 音轨 时间线 时间轴",
    "give": (
        "send give share sending giving mail deliver 发 发给 发给我 发我 发送 发送给 发过来"
        " 传给 交给 给我 发来"
    ),
    "look": (
        "show list see view display check print tell know lookup 显示 查看 看 看看 看下 看一下"
        " 看一看 查 查查 查一下 查下 查询 列出 告诉 展示 知道 瞧瞧 play watch 播放"
    ),
    "ask": (
        "how is are am has where did was 吗 呢 么 没 没有 怎么 如何 怎样 怎么样 怎么办 哪里"
        " 哪儿 在哪 多久 will where's how's"
    ),
    "what": "what what's whats which 什么 哪些 啥",
    "amount": (
        "many much enough more out running run short cost costs buy top purchase refill"
        " recharge spend spent used 多少 够 够用 够不够 不够 不够用 不足 用完 充值 购买 买 花"
        " 用了 消耗"
    ),
    "want": "want wanna need have had got get receive 拿到 拿",
    "retry": "again try trying start begin redo 开始 一次 再次 重新 再来 试试 一遍",
    "left": "left remaining remain 剩 剩下 剩余 还剩 还剩下 还有 剩多少",
    "video": (
        "video vid videos clip movie film file mp4 result cut version copy project output 视频"
        " 影片 成片 片子 文件 作品 成品 短片 结果 最终 最终版"
    ),
    "media": (
        "clips files photo photos picture pictures image images footage audio sound material"
        " materials assets raw media 素材 照片 图片 图 相片 音乐 音频 声音 片段 歌 录音 录像"
        " 附件 music songs song"
    ),
    "link": "link url 链接 连接 地址 网址",
    "form": (
        "into quality high highest best format resolution hd 4k uhd 1080p 720p mov computer"
        " phone desktop disk drive folder laptop device locally pc name named 成 为 格式 高清"
        " 超清 最高 画质 清晰度 分辨率 手机 电脑 本地 桌面 相册 到 高清的"
    ),
    "account": "account billing 账户 账号 帐户 帐号 账单",
    "ready": (
        "ready done complete completed along exported rendered downloaded uploaded 做好 做好了"
        " 做好后 好了 完成 完成了 做完 做完了 生成好 生成好了 生成完 弄好 弄好了 搞定 完了 far"
        " 生成好后 finished"
    ),
    "not": (
        "don't dont not no never hold stop cancel off later haven't 别 不要 不用 不必 先别 暂不"
        " 暂时 勿 取消 停止 等一下 等会 等会儿 等等 稍后 待会 待会儿 晚点 等一下再 等会再"
        " 等会儿再 等等再 稍后再 待会再 待会儿再 晚点再 过会儿再 回头再"
    ),
    "then": "then afterwards next 然后 接着 随后 再 最后 就 之后再 后再 以后再",
    "after": "以后 之后 完后 后 完",
    "and": "and & plus 并 并且 和 跟 以及 顺便 同时 and/or",
}

_TYPO_TARGETS: Final = (
    *("export", "download", "upload", "credits", "credit", "status", "balance", "timeline"),
    *("please", "thanks", "video"),
)
_INITIALS: Final = frozenset(word[0] for word in _TYPO_TARGETS)
_REAL_WORDS: Final = frozenset(
    {"expert", "experts", "statue", "states", "unload", "plead", "pleased", "pleases", "videos"}
    | {"uploads", "downloads", "exports", "edits", "creditor", "extort", "balances", "balanced"}
)

_LONGEST: Final = 6
"""No Chinese word of the vocabulary has more characters."""

TRADITIONAL: Final = str.maketrans(
    "導匯載積餘額狀態軌時間線顯視頻點擊鈕開軌傳請幫們讓給進還剩現這樣麼嗎後後從輸檔發麻煩聲樂圖預覽",
    "导导载积余额状态轨时间线显视频点击钮开轨传请帮们让给进还剩现这样么吗后后从输档发麻烦声乐图预览",
)
"""Traditional to simplified characters, one to one, as far as commands need them."""


class Token(NamedTuple):
    """A word of a message: its class and where it stands."""

    kind: WordClass
    start: int
    end: int


@cache
def _vocabulary() -> dict[str, WordClass]:
    return {word: kind for kind, words in _WORDS.items() for word in words.split()}


@cache
def _near_misses() -> dict[str, str]:
    """Every target, whole and with one letter left out: finds a slip by lookup."""
    shapes = {shape: word for word in _TYPO_TARGETS for shape in _with_one_letter_less(word)}
    return shapes | {word: word for word in _TYPO_TARGETS}


def _with_one_letter_less(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _misspelt(word: str) -> str:
    """The command word that a word is one slip away from (two letters swapped is one), or ""."""
    if word[0] not in _INITIALS or not 5 <= len(word) <= 9 or word in _REAL_WORDS:
        return ""
    near = _near_misses()
    for shape in (word, *_with_one_letter_less(word)):
        target = near.get(shape, "")
        if target and word[0] == target[0] and abs(len(word) - len(target)) <= 1:
            return target
    return ""


@cache
def _scanner() -> re.Pattern[str]:
    return re.compile(
        r"""(?P<quote>"[^"]*"|“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|《[^》]*》|`[^`]*`"""
        r"""|(?<![\w'])'[^'\n]+'(?!\w))"""
        r"|(?P<file>(?:(?<=[成为到])\w{1,80}|[A-Za-z0-9_.\-/\\~]{0,80}[A-Za-z0-9_])"
        r"\.(?i:mp4|mov|webm|avi|mkv)\b)"
        r"|(?P<stop>[.!?…]+(?=\s|$)|[。！？；;\n]+)"
        r"|(?P<comma>[,，、]|\s[-–—]+\s)"
        r"|(?P<han>[\u3400-\u9fff]+)"
        r"|(?P<form>(?i:4k|720p|1080p|mp4)(?![A-Za-z\d]))"
        r"|(?P<latin>[^\W\d_\u3400-\u9fff]+(?:['’-][^\W\d_\u3400-\u9fff]+)*)"
        r"|(?P<unknown>[^\W\u3400-\u9fff]+|[:：%]\S)"
    )


def scan(message: str) -> list[Token]:
    """Cut a message into words of known and unknown class; spaces and emoji are left out."""
    known = _vocabulary()
    tokens: list[Token] = []
    for match in _scanner().finditer(message.translate(TRADITIONAL)):
        if match.lastgroup == "han":
            tokens.extend(_chinese_words(match[0], match.start(), known))
        else:
            kind = _classify(match.lastgroup, match[0], known)
            tokens.append(Token(kind, match.start(), match.end()))
    return tokens


def _chinese_words(run: str, start: int, known: dict[str, WordClass]) -> Iterator[Token]:
    """Cut Chinese, which has no spaces, into the longest known words from left to right."""
    place = 0
    while place < len(run):
        lengths = range(min(_LONGEST, len(run) - place), 0, -1)
        found = (length for length in lengths if run[place : place + length] in known)
        length = next(found, 1)
        end = place + length
        yield Token(known.get(run[place:end], "unknown"), start + place, start + end)
        place = end


def _classify(group: str | None, text: str, known: dict[str, WordClass]) -> WordClass:
    if group == "latin":
        word = text.lower().replace("’", "'")
        return known.get(word) or known.get(_misspelt(word), "unknown")
    if group == "stop":
        return "stop"
    if group == "comma":
        return "comma"
    return known.get(text.lower(), "form") if group in ("file", "form") else "unknown"
