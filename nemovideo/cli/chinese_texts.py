"""What commands and errors say in Chinese, for terminals whose locale is Chinese.

A text is looked up by its English, as the help is. `{}` stands for what is carried over, which is
looked up itself if it is more than a word. The exceptions are English: one whose text has no entry
is told by its class and its facts.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from nemovideo import errors
from nemovideo.cli.chinese_help import locale_language


def in_locale(text: str) -> str:
    """Return a text in Chinese under a Chinese locale, as far as there is a translation of it."""
    return text if locale_language() is None else chinese_text(text) or text


def chinese_message(error: BaseException, text: str) -> str:
    """Return the message of an error, which is `text` in English."""
    if isinstance(error, OSError) and error.strerror:
        file = f"{error.filename}：" if error.filename else ""
        return f"{file}{in_locale(error.strerror)}。"
    found = text if text.endswith("。") else chinese_text(text)
    if found is not None:
        return found
    kind = next((each for each in type(error).__mro__ if each in _CLASSES), None)
    if kind is None:
        return text
    message = _CLASSES[kind][0]
    facts = [f"会话 {id_}" for id_ in [getattr(error, "session_id", None)] if id_]
    facts += [f"渲染 {id_}" for id_ in [getattr(error, "render_id", None)] if id_]
    if isinstance(error, errors.APIError):
        said = _SAID.search(text)
        facts += [f"服务的说明：“{said[1]}”"] if said else []
        if kind is not errors.SessionNotFoundError:  # which says all
            facts += [str(error.endpoint)] if error.endpoint else []
            facts += [f"代码 {error.code}"] if error.code else []
            facts += [f"HTTP {error.status}"] if error.status and not error.code else []
    elif kind in _UNSPECIFIC:
        facts = [text]
    return f"{message}（{'，'.join(facts)}）。" if facts else f"{message}。"


def chinese_hint(error: BaseException, text: str) -> str:
    """Return the advice of an error, which is `text` in English."""
    found = text if text.endswith("。") else chinese_text(text)
    if found is not None:
        return found
    return next((_CLASSES[each][1] for each in type(error).__mro__ if each in _CLASSES), "") or text


def chinese_text(text: str) -> str | None:
    """Return a text in Chinese, with what it names; None if there is no translation of it."""
    if text in _TEXTS:
        return _TEXTS[text]
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return chinese.format(*map(_chinese_part, found.groups()))
    return None


def _chinese_part(text: str) -> str:
    # A single word may be a name of the user's: a folder `video`, a key `done`.
    return chinese_text(text) or text if " " in text else text


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    holes = [(english, chinese) for english, chinese in _TEXTS.items() if "{" in english]
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.+?)")), chinese)
        for english, chinese in holes
    ]


_SAID: Final = re.compile(r'The service said: "(.*)"\.')

_UNSPECIFIC: Final = frozenset({errors.InvalidInputError, errors.NemoVideoError})
"""Their class does not tell what happened, so that an unknown text follows as it is."""

_CLASSES: Final[dict[type, tuple[str, str]]] = {
    errors.InvalidInputError: ("有一项输入不能使用", ""),
    errors.MissingClientIdError: (
        "服务要求另一个 client id",
        "请取消 NEMO_CLIENT_ID，或换一个新的 UUID。",
    ),
    errors.BadRequestError: ("服务拒绝了这个请求", "请检查给出的参数。"),
    errors.AuthenticationError: (
        "token 被拒绝",
        "请检查 NEMO_TOKEN；不设置它，就会使用匿名 token。",
    ),
    errors.PlanRequiredError: ("当前套餐不含导出功能", "请注册或升级套餐。"),
    errors.SessionNotFoundError: (
        "服务中没有这个会话",
        "请检查它的 id；它也可能已经过期。新建一个：nemovideo chat",
    ),
    errors.NotFoundError: ("服务中没有这个 id 对应的内容", "请检查 id。"),
    errors.AgentError: (
        "智能体在处理中出错",
        "再次发送前，请先用 nemovideo status 查看时间线：一部分可能已经完成。",
    ),
    errors.InsufficientCreditsError: ("积分不足", "请为账号充值积分。"),
    errors.UnsupportedFileError: (
        "服务不支持这种文件",
        f"支持的格式：{'、'.join(errors.SUPPORTED_FORMATS)}。",
    ),
    errors.FileTooLargeError: ("文件太大", "请压缩或裁剪：每个文件最大 500 MB。"),
    errors.RateLimitError: ("请求过于频繁", "请稍等片刻再试。"),
    errors.ServerError: ("服务出错", "请稍后再试，不需要修改任何内容。"),
    errors.APIError: ("服务报告了错误", "请再试一次；如果仍然出错，请连同请求编号一起反馈。"),
    errors.APITimeoutError: ("等待服务超时", "请检查网络后再试。"),
    errors.APIConnectionError: ("与服务的连接失败", "请检查网络、URL 和代理设置后再试。"),
    errors.StreamInterruptedError: (
        "消息的结果还不清楚",
        "请不要重新发送，它可能已经扣费。接着完成，请运行：nemovideo recover",
    ),
    errors.InProgressError: ("这项工作正在别处进行", "请等它完成，再运行同样的命令。"),
    errors.NothingToExportError: ("没有可以导出的内容", "请先描述一段视频，或上传一个片段。"),
    errors.RenderFailedError: ("渲染没有成功", "请再导出一次，不消耗积分。"),
    errors.RenderTimeoutError: (
        "渲染还没有完成",
        "它可能仍会完成。接着等待，请运行：nemovideo recover",
    ),
    errors.DownloadError: ("文件没有完整下载", "渲染结果仍在服务中，再下载一次不消耗积分。"),
    errors.NemoVideoError: ("没有成功", ""),
}
"""Message and advice, by class."""

_SANDBOX_HINT: Final = (
    "A sandbox starts with more by Sandbox(credits=N), or --credits N on the command line."
)
_SANDBOX: Final = "沙盒可以用 --credits N 从更多积分开始。"

_TEXTS: Final = {
    # The command line
    "Invalid value: {}": "{}",
    "Invalid value for {}: {}": "{} 的值无效：{}",
    "Missing argument {}.": "缺少参数 {}。",
    "Missing option {}.": "缺少选项 {}。",
    "Missing command.": "缺少命令。",
    "No such command {}.": "没有 {} 这个命令。",
    "No such command {}. Did you mean {}?": "没有 {} 这个命令。您要的是 {} 吗？",
    "No such option: {} Did you mean {}?": "没有 {} 这个选项。您要的是 {} 吗？",
    "No such option: {} (Possible options: {})": "没有 {} 这个选项。相近的有：{}",
    "No such option: {}": "没有 {} 这个选项。",
    "Option {} requires an argument.": "选项 {} 后面要有一个值。",
    "Option {} does not take a value.": "选项 {} 后面不能有值。",
    "Got unexpected extra argument(s) {}": "多余的参数：{}",
    "Input should be a valid number, unable to parse string as a number": "应当是数字",
    "Input should be a valid integer, unable to parse string as an integer": "应当是整数",
    "{} is not one of {}.": "{} 不在可选值之中：{}。",
    "{} is not a valid integer.": "{} 不是整数。",
    "{} is not a valid float.": "{} 不是数字。",
    "{} is not in the range {}.": "{} 不在范围 {} 之内。",
    "--no-export saves nothing: leave out --output.": "--no-export 不保存文件：请去掉 --output。",
    "generate makes MP4 files: let {} end in .mp4, or make the video with --no-export and give that"
    " name to nemovideo export.": (
        "generate 只制作 MP4：请让 {} 以 .mp4 结尾，或先用 --no-export 制作，再用 nemovideo export"
        " 导出为这个名字。"
    ),
    "Name a file, or a URL with --url.": "请给出文件，或用 --url 给出 URL。",
    "No video is exported as {}: let it end in .mp4, .mov, .webm or .gif, or choose the format with"
    " --format.": (
        "视频不能导出为 {}：请以 .mp4、.mov、.webm 或 .gif 结尾，或用 --format 选择格式。"
    ),
    "--spend is a number of credits, such as 100.": "--spend 是积分数，例如 100。",
    "mcp writes the protocol to stdout: leave out --json.": (
        "mcp 把协议写到 stdout：请去掉 --json。"
    ),
    "--record goes with the commands that use the sandbox.": "--record 只用于使用沙盒的命令。",
    "--sandbox and --base-url exclude each other: leave one out.": (
        "--sandbox 和 --base-url 不能同时使用：请去掉一个。"
    ),
    "--state-dir needs --sandbox.": "--state-dir 要与 --sandbox 一起使用。",
    "--credits needs --sandbox.": "--credits 要与 --sandbox 一起使用。",
    "--json and --output - both write to stdout: leave one out.": (
        "--json 和 --output - 都写到 stdout：请去掉一个。"
    ),
    "--output - writes binary data, which a terminal cannot show: redirect stdout to a program or a"
    " file, or name the file with --output.": (
        "--output - 写出二进制数据，终端无法显示：请把 stdout 重定向到程序或文件，"
        "或用 --output 给出文件名。"
    ),
    "Writing the video to stdout failed: {}.": "视频没能写到 stdout：{}。",
    "Export it again, which costs nothing: {}": "再导出一次，不消耗积分：{}",
    "The sandbox could not be started: {}.": "沙盒没能启动：{}。",
    "If one is running already, use it: --base-url {} instead of --sandbox.": (
        "如果已有沙盒在运行，请用它：把 --sandbox 换成 --base-url {}"
    ),
    "A message of session {} has not ended: the film may not be complete yet. For the result:"
    " nemovideo recover": (
        "会话 {} 有一条消息还没有处理完，影片可能还不完整。接着完成：nemovideo recover"
    ),
    "There is no last session: nothing was made on {} yet.": (
        "没有最近的会话：{} 上还没有做过视频。"
    ),
    "A sandbox without --state-dir DIR ends with its command, and its sessions with it.": (
        "没有 --state-dir 目录 的沙盒随命令结束，会话也随之结束。"
    ),
    "Make one: nemovideo generate PROMPT": '先制作一段：nemovideo generate "提示词"',
    "There is no key {}, and nothing is unfinished in a session {}.": (
        "没有名为 {} 的 key，会话 {} 里也没有未完成的工作。"
    ),
    "What is unfinished: nemovideo recover --list": "查看未完成的工作：nemovideo recover --list",
    "Internal error in nemovideo: {}.": "nemovideo 内部错误：{}。",
    "Run the command again with --debug, and report the output.": (
        "请加上 --debug 再运行一次，并把输出反馈给我们。"
    ),
    # What the operating system says
    "No such file or directory": "没有这个文件或文件夹",
    "Permission denied": "没有权限",
    "No space left on device": "磁盘空间不足",
    "Is a directory": "这是一个文件夹",
    "Not a directory": "路径中有一段不是文件夹",
    "Read-only file system": "文件系统是只读的",
    "File exists": "文件已存在",
    "Address already in use": "端口已被占用",
    "Broken pipe": "管道的另一端已关闭",
    # Arguments
    "prompt is empty.": "提示词是空的。",
    "text is empty.": "内容是空的。",
    "Describe what the video is to show, what to change, or what to call it.": (
        "请描述视频要表现的内容，或要做的修改。"
    ),
    "language is no language tag.": "--language 不是语言标签。",
    'Write "en" for English, "zh-CN" for Chinese; without it, the text decides.': (
        "英语写 en，中文写 zh-CN；不写则由提示词决定。"
    ),
    "{} is empty or not an id.": "{} 是空的，或不是 id。",
    "Pass the {} that an earlier call returned.": "请给出以前的命令返回的 {}。",
    "key is empty.": "--key 是空的。",
    "key has {} characters.": "--key 有 {} 个字符，最多 200 个。",
    "key has control characters.": "--key 含有控制字符。",
    'Name the piece of work, as in key="row-17".': "请给这项工作起名，例如 --key row-17。",
    "The key {} was given to another request: {}.": "key {} 已用于另一项工作：{}。",
    "Choose another key, or free this one: nemovideo recover --forget {}": (
        "请换一个 key，或释放它：nemovideo recover --forget {}"
    ),
    "another prompt, other files or another language": "提示词、素材或语言不同",
    "The work with the key {} is under way elsewhere in session {}.": (
        "key {} 的工作正在别处进行（会话 {}）。"
    ),
    "The work with the key {} is under way elsewhere.": "key {} 的工作正在别处进行。",
    "Wait for it, and call again with the same key for its result.": (
        "请等它完成，再用同样的 key 运行一次，即可得到结果。"
    ),
    "The path ends in .{}, and the video is to be {}.": "文件名以 .{} 结尾，而视频将是 {}。",
    "Change the name, or: nemovideo export SESSION --format {}": (
        "请改文件名，或：nemovideo export SESSION --format {}"
    ),
    "The folder {} does not exist.": "文件夹 {} 不存在。",
    "Make it first, or choose another.": "请先建好它，或换一个。",
    "{} is there and is not a regular file.": "{} 已存在，而且不是普通文件。",
    "Choose another name.": "请换一个名字。",
    "{} is write-protected.": "{} 有写保护。",
    "Choose another name, or unprotect it.": "请换一个名字，或取消写保护。",
    "{} cannot be read: {}.": "{} 无法读取：{}。",
    "no such file or directory": "没有这个文件或文件夹",
    "permission denied": "没有权限",
    "is a directory": "这是一个文件夹",
    "There is no file {}.": "没有文件 {}。",
    "{} is a folder.": "{} 是文件夹。",
    "{} is empty.": "{} 是空的。",
    "{} is not of a kind that the service takes.": "服务不支持 {} 这种文件。",
    "{} is named .{}, but its content is something else.": "{} 的扩展名是 .{}，内容却不是。",
    "Give a path, a name with bytes, or an open binary file.": "请给出文件的路径。",
    "Check the path and its permissions.": "请检查路径和权限。",
    "URL number {} cannot be fetched by the service.": "服务无法读取第 {} 个 URL。",
    "Give a complete link to the file itself.": "请给出文件本身的完整链接。",
    "{} has {} MB; the service takes 500 MB at most.": "{} 有 {} MB，服务最大接受 500 MB。",
    "Compress it, or trim it into shorter clips.": "请压缩，或剪成较短的片段。",
    "It takes {}.": "支持的格式：{}。",
    "--base-url is not a URL that a token may be sent to.": (
        "--base-url 不是可以发送 token 的 URL。"
    ),
    "Give an https URL without query or user name; plain http only to this machine.": (
        "请给出 https URL，不带查询参数和用户名；http 只能用于本机。"
    ),
    "token is empty or has characters that are not allowed in an HTTP header.": (
        "token 是空的，或含有 HTTP 头不允许的字符。"
    ),
    "Check for a line break or a stray character from copying.": (
        "请检查复制时是否带上了换行或多余的字符。"
    ),
    "journal is neither a path nor the URL of a database that can hold it.": (
        "--journal 既不是路径，也不是可用数据库的 URL。"
    ),
    "Give the name of a SQLite file, or the URL of a PostgreSQL database.": (
        "请给出 SQLite 文件名，或 PostgreSQL 数据库的 URL。"
    ),
    "A journal in PostgreSQL needs the extra postgres, which is not installed.": (
        "PostgreSQL 中的工作记录需要可选组件 postgres，而它没有安装。"
    ),
    "{} is not a URL that a token may be sent to.": "{} 不是可以发送 token 的 URL。",
    "{} is empty or has characters that are not allowed in an HTTP header.": (
        "{} 是空的，或含有 HTTP 头不允许的字符。"
    ),
    "NEMO_CLIENT_ID is not a UUID.": "NEMO_CLIENT_ID 不是 UUID。",
    "Leave it out to use the saved one.": "取消它，就会使用已保存的。",
    "The path to save to is empty or no text.": "输出路径是空的。",
    "{} cannot be written: {}.": "{} 无法写入：{}。",
    "{} is a link.": "{} 是链接。",
    "Name the file to write.": "请给出要写入的文件。",
    "{} is not a regular file.": "{} 不是普通文件。",
    "There is nothing to upload.": "没有可以上传的内容。",
    "Name at least one file or URL.": "请至少给出一个文件或 URL。",
    "{} changed while it was being uploaded.": "{} 在上传时被改动。",
    "Upload it again when it is complete.": "请在它完整之后再上传。",
    "{} is a URL, which takes fsspec.": "{} 是 URL，需要 fsspec。",
    "{} is there already.": "{} 已存在。",
    "{} is not the URL of a proxy.": "{} 不是代理的 URL。",
    "The task of session {} is not known.": "会话 {} 的任务 id 未知。",
    "Open the project with its --task.": "请用 --task 给出任务 id。",
    "Install it: {}": "安装：{}",
    "The server needs an extra.": "服务器需要一个可选组件。",
    # Money
    "This may cost about {} credits, more than --max-credits.": (
        "这可能要花约 {} 积分，超过了 --max-credits。"
    ),
    "Nothing was sent. Raise --max-credits if that is fine.": (
        "没有发送任何内容。可以接受的话，请调高 --max-credits。"
    ),
    "This may cost about {} credits, and {} are available. Nothing was charged.": (
        "这可能要花约 {} 积分，而剩余 {} 积分。没有扣费。"
    ),
    "Another video may cost {}, and with that the batch more than --max-credits, {}.": (
        "再做一个视频可能要花 {}，整批就会超过 --max-credits 的 {}。"
    ),
    "Nothing was sent for it. Run the batch again with a higher --max-credits.": (
        "没有为它发送任何内容。请调高 --max-credits，再运行一次。"
    ),
    "--max-credits is {}, and one video may cost {}.": (
        "--max-credits 是 {}，而一个视频可能要花 {} 积分。"
    ),
    "{} What --state-dir has stored stays, the balance as well: name a new folder.": (
        "{}--state-dir 存下的余额不会改变：请换一个新文件夹。"
    ),
    f"Register to get more: {{}} {_SANDBOX_HINT}": f"注册后可获得更多积分：{{}} {_SANDBOX}",
    f"Top up credits in your account. {_SANDBOX_HINT}": f"请为账号充值积分。{_SANDBOX}",
    "Register to get more: {}": "注册后可获得更多积分：{}",
    "Top up credits in your account.": "请为账号充值积分。",
    # Connections
    "Nothing was sent. Check the network, the URL and the proxy settings.": (
        "没有发送任何内容。请检查网络、URL 和代理设置。"
    ),
    "Nothing was sent. If the sandbox is meant, start it: nemovideo sandbox --port {}": (
        "没有发送任何内容。如果要用沙盒，请先启动它：nemovideo sandbox --port {}"
    ),
    "No connection to {} could be opened: {}.": "无法连接到 {}：{}。",
    "No connection to {} could be opened.": "无法连接到 {}。",
    "No connection to {} was opened within {} s.": "{} 在 {} 秒内没有接通。",
    "The connection to {} broke while the request was being sent.": (
        "发送请求时，与 {} 的连接断开。"
    ),
    "The connection to {} broke before an answer came.": "收到答复之前，与 {} 的连接断开。",
    "The connection to {} broke before the answer was complete.": (
        "答复还不完整，与 {} 的连接断开。"
    ),
    "{} did not answer within {} s.": "{} 在 {} 秒内没有答复。",
    "The answer to a message in session {} was lost: {}.": "会话 {} 中消息的答复丢失了。",
    "The message in session {} left no trace: it changed nothing and cost nothing.": (
        "会话 {} 中的消息没有留下痕迹：没有改变任何内容，也没有扣费。"
    ),
    "The same call with the same key sends it now.": "用同一个 key 再次调用，就会发送它。",
    "It may be sent again.": "可以再次发送。",
    "Connection refused": "连接被拒绝",
    "connection refused": "连接被拒绝",
    "The service gives one free token per client in 7 days, and some 10 per IP address. {}": (
        "服务每 7 天只给每个客户端一个免费 token，每个 IP 地址约 10 个。"
    ),
    "Go on with the token that you have, register for one of your own, or try again later.": (
        "请继续使用已有的 token，或注册自己的账号，或稍后再试。"
    ),
    "The response is not the service's JSON; a proxy may have answered. {}": (
        "答复不是服务的 JSON，可能来自代理。"
    ),
    "The free token was renewed and refused again: try again in a while.": (
        "免费 token 更新后再次被拒绝：请过一会儿再试。"
    ),
    "Is NEMO_API_URL, or --base-url, right? A proxy in between may have answered as well.": (
        "NEMO_API_URL（或 --base-url）设置对了吗？也可能是途中的代理作了答复。"
    ),
    "The server has no such endpoint: it may not be the service. {}": (
        "服务器上没有这个接口，它可能不是 NemoVideo 服务。{}"
    ),
    "Is NEMO_API_URL, or --base-url, right?": "NEMO_API_URL（或 --base-url）设置对了吗？",
    "The service's reply lacks {}. {}": "服务的答复中缺少 {}。{}",
    "Is NEMO_API_URL, or --base-url, right? If it is, upgrade this package.": (
        "NEMO_API_URL（或 --base-url）设置对了吗？如果没有错，请升级本软件包。"
    ),
    "No answer of the service is. Is NEMO_API_URL, or --base-url, right?": (
        "服务不会给出这样的答复。NEMO_API_URL（或 --base-url）设置对了吗？"
    ),
    "It may have been paid for: look at the timeline before you send it again.": (
        "它可能已经扣费：再次发送前，请先查看时间线。"
    ),
    "{} needs {}, and {} are free in {}.": "{0} 需要 {1}，而 {3} 只剩 {2}。",
    "Free some space or save to another disk.": "请腾出空间，或存到另一个磁盘。",
    "{} did not arrive whole: {} bytes.": "{} 没有完整下载：{} 字节。",
    "Try again; the render is kept by the service.": "请再试一次，渲染结果仍在服务中。",
    "The file for {} did not arrive: {}": "{} 的文件没有下载成功：{}",
    "The render is still there: download it again{}, it costs nothing.": (
        "渲染结果仍在服务中：再下载一次不消耗积分。"
    ),
    "The file is {}, and could not be put at {}: {}.": "文件在 {}，没能放到 {}：{}。",
    # Jobs of a batch
    "{}, line {}: {}.": "{} 第 {} 行：{}。",
    "Nothing was sent. Mend the line and start again.": (
        "没有发送任何内容。请改好这一行，再运行一次。"
    ),
    "A job has no prompt; it has {}": "没有提示词（prompt），只有 {}",
    "The prompt of a job is empty or no text": "提示词（prompt）是空的",
    "The prompt of a job has {} characters": "提示词（prompt）有 {} 个字符，太长了",
    "Say what the video is to show.": "请写明视频要表现的内容。",
    "Say in a few sentences what the video is to show.": "请用几句话写明视频要表现的内容。",
    "files names {}, which is not there": "files 中的 {} 不存在",
    "files names {}, which is a folder": "files 中的 {} 是文件夹",
    "path does not end in .mp4": "path 没有以 .mp4 结尾",
    "path, {}, leaves the folder of the batch": "path（{}）超出了这批的文件夹",
    "{} holds no jobs.": "{} 里没有任务。",
    "{} has no column called 'prompt' in its first line.": "{} 的第一行没有名为 prompt 的列。",
    "Name the columns in the first line, as in: prompt,key": ("请在第一行写列名，例如：prompt,key"),
    "{} is no file of jobs.": "{} 不是任务文件：需要 .csv、.jsonl、.txt 或 .parquet。",
    "{} is not in UTF-8.": "{} 不是 UTF-8 编码。",
    'Save it as "CSV UTF-8".': "请另存为“CSV UTF-8”。",
    "Reading Parquet takes pyarrow, which is not installed.": (
        "读取 Parquet 需要 pyarrow，而它没有安装。"
    ),
    "The jobs {} and {} (from 0) have one key: {}.": "任务 {} 和 {}（从 0 数起）的 key 相同：{}。",
    "Nothing is made twice for one key. Give each job its own, or none.": (
        "同一个 key 不会做两次。请给每个任务不同的 key，或都不写。"
    ),
    "This job failed in an earlier run, at {} UTC, without a charge.": (
        "这个任务在以前的运行中失败（{} UTC），没有扣费。"
    ),
    "To retry it: --retry-failed.": "要重新开始，请加上 --retry-failed。",
    "{} To retry it all the same: --retry-failed.": "{}仍要重新开始，请加上 --retry-failed。",
    "{} To retry it all the same: nemovideo recover --forget {}.": (
        "{}仍要重新开始，请先运行：nemovideo recover --forget {}"
    ),
    "Another process is at work on it.": "另一个进程正在处理它。",
    "Wait for it, and run the batch again.": "请等它完成，再运行一次这一批。",
    "The key {} was given to another prompt, other files or another language.": (
        "key {} 已用于另一个提示词、其他文件或另一种语言。"
    ),
    "Its message was sent, and its result stays there.": "消息已发送，结果保留在服务中。",
    "Run the batch again: it goes on with it, and does not pay twice.": (
        "请再运行一次这一批：会接着完成，不会重复付费。"
    ),
    "concurrency is 0.": "--concurrency 是 0。",
    "With 1, one job runs after the other.": "写 1 就会一个接一个地进行。",
    "{} cannot be read as Parquet.": "{} 不是可以读取的 Parquet 文件。",
    "{} and {} names after it are taken.": "{} 和它之后的 {} 个名字都已被占用。",
    "out {}.": "--out {}。",
    "gives all videos one name": "会让所有视频同名",
    "is a file": "是一个文件",
    "names one file": "只是一个文件",
    "has .. in it": "含有 ..",
    "does not end in .mp4": "没有以 .mp4 结尾",
    "is not a template: {}": "不是模板：{}",
    "cannot be made: {}": "无法建立：{}",
    "is no path of this system": "不是本系统的路径",
    "The path {} of a job leaves the folder of its batch.": "任务的路径 {} 超出了这批的文件夹。",
    # Work of before
    "The message in session {} shows no result {} s after it was sent, and may still be under"
    " way.": ("会话 {} 的消息发送 {} 秒后还没有结果，可能仍在进行。"),
    "The message in session {} shows no result {} s after it was sent, though credits are gone.": (
        "会话 {} 的消息发送 {} 秒后没有结果，但积分已经扣除。"
    ),
    "Do not send it again. It stays listed: resume it later with nemovideo recover, or give it up"
    " with nemovideo recover --forget {}.": (
        "请不要重新发送。它仍在列表中，稍后请运行：nemovideo recover；要放弃它：nemovideo recover"
        " --forget {}"
    ),
    "Do not send it again, it may have been paid for. Look at its result with: {}": (
        "请不要重新发送，它可能已经扣费。查看结果：{}"
    ),
    "The agent made nothing to export in session {}.": "智能体在会话 {} 中没有做出可以导出的内容。",
    "The agent said: {}": "智能体说：{}",
    "It gave no reason. Try other words.": "它没有说明原因。请换个说法。",
    "No answer of the agent is known, and it may have been paid for: under this key it is not sent"
    " again.": "智能体没有已知的答复，而且可能已经扣费：这个 key 不会再次发送它。",
    "The timeline of session {} is empty, so there is nothing to export.": (
        "会话 {} 的时间线是空的，没有可以导出的内容。"
    ),
    "This message of session {} is in progress elsewhere.": "会话 {} 的消息正在别处进行。",
    "This render of session {} is in progress elsewhere.": "会话 {} 的渲染正在别处进行。",
    "message": "消息",
    "render": "渲染",
    "Wait for it, or list the unfinished work again later.": (
        "请等它完成，或稍后再列出未完成的工作。"
    ),
    "The journal cannot be read, so unfinished work is not known: {}": (
        "工作记录无法读取，所以不知道有哪些未完成的工作：{}"
    ),
    "The journal was damaged. The unfinished work in it is not known; it was renamed to {}.": (
        "工作记录已损坏，其中未完成的工作无从知道；它已改名为 {}。"
    ),
    "Your sessions hold what was made. Ask again for what was started since.": (
        "已做好的内容仍在各个会话中。"
    ),
    "This message stays listed: the journal cannot be written.": (
        "这项消息仍在列表中：工作记录无法写入。"
    ),
    "This render stays listed: the journal cannot be written.": (
        "这项渲染仍在列表中：工作记录无法写入。"
    ),
    "Mend that and try again.": "请解决后再试。",
    "This message of session {} is finished already.": "会话 {} 的这项消息已经完成。",
    "This render of session {} is finished already.": "会话 {} 的这项渲染已经完成。",
    "List again what is unfinished.": "请重新列出未完成的工作。",
    "The work with the key {} was taken over elsewhere.": "key {} 的工作已由别处接手。",
    "Nothing was sent here. Call again with the same key for its result.": (
        "这里没有发送任何内容。请用同样的 key 再运行一次，即可得到结果。"
    ),
    "The journal cannot be written: {}": "工作记录（journal）无法写入：{}",
    "Nothing is sent under a key without its entry. Mend that and try again.": (
        "没有记录就不会按 key 发送。请解决后再试。"
    ),
    # The commands of the chat
    "list what you can ask and type": "列出可以说和可以输入的",
    "render the video and save it": "渲染并保存视频",
    "show the timeline": "查看时间线",
    "show how many credits are left": "查看剩余积分",
    "add videos, images or sounds": "加入视频、图片或声音",
    "make a link that opens this session in a browser": "生成在浏览器中打开的链接",
    "show this session's id": "显示会话 id",
    "leave; so does Ctrl-D": "退出，也可以按 Ctrl-D",
    # What commands show
    "See: nemovideo --help": "用法请看：nemovideo --help",
    'Put a text of several words in quotes: "a panda in the snow"': (
        '提示词含有空格时，请加上引号："雪地里的 熊猫"'
    ),
    "Error: ": "错误：",
    "[y/N]": "[y 是 / N 否]",
    "key": "名称 (key)",
    "Finish all of it: nemovideo recover. Give one up: nemovideo recover --forget KEY_OR_SESSION": (
        "全部接着完成：nemovideo recover；放弃其中一项：nemovideo recover --forget 会话或key"
    ),
    "when": "时间",
    "state": "状态",
    "session": "会话",
    "file": "文件",
    "what": "内容",
    "kind": "类型",
    "length": "时长",
    "size": "大小",
    "frame rate": "帧率",
    "status": "状态",
    "result": "结果",
    "video": "视频",
    "image": "图片",
    "audio": "声音",
    "just now": "刚刚",
    "{} min ago": "{} 分钟前",
    "{} h ago": "{} 小时前",
    "not sent": "未发送",
    "waiting": "等待中",
    "rendering": "渲染中",
    "completed": "已完成",
    "saved": "已保存",
    "done": "完成",
    "failed": "失败",
    "cancelled": "已取消",
    "skipped": "跳过",
    "in doubt": "结果未知",
    "not started": "未开始",
    "{} credits available, {} more reserved for work in progress": (
        "可用积分：{}，另有 {} 积分为进行中的任务冻结"
    ),
    "{} credits available": "可用积分：{}",
    "{} credit available": "可用积分：{}",
    "No renders yet.": "还没有渲染过。",
    "Nothing is unfinished.": "没有未完成的工作。",
    "Another process is at work on a message of session {}.": "另一个进程正在处理会话 {} 的消息。",
    "Finishing the message of session {}": "正在接着完成会话 {} 的消息",
    "Finishing the render of session {}": "正在接着完成会话 {} 的渲染",
    "Discarded: message of session {}": "已放弃：会话 {} 的消息",
    "Discarded: render of session {}": "已放弃：会话 {} 的渲染",
    "Free again: the key {}": "已释放：key {}",
    "session {}: {}": "会话 {}：{}",
    "Session {}: the message has ended. The film now:": "会话 {}：消息已处理完，现在的影片：",
    "{} exists, and was not made here. Replace it?": "{} 已存在，而且不是在这里做的。要覆盖它吗？",
    "Nothing was sent. Choose another name.": "没有发送任何内容。请换一个名字。",
    "Go on?": "继续吗？",
    "Nothing was sent.": "没有发送任何内容。",
    "Nothing was charged.": "没有扣费。",
    "{} job: {} to send": "{} 个任务：{} 个要发送",
    "{} jobs: {} to send": "{} 个任务：{} 个要发送",
    "{} sent before": "{} 个以前发送过",
    "{} failed before": "{} 个以前失败",
    "Up to {}; {} available.": "最多花 {}，剩余 {}。",
    "{} credit": "{} 积分",
    "{} credits": "{} 积分",
    "That is not enough for all; the batch stops where it ends.": (
        "积分不够做完全部，用完时这批就会停下。"
    ),
    "{} of {} not started.": "{1} 个中有 {0} 个没有开始。",
    "{} in this run": "本次用了 {}",
    "{} done": "完成 {}",
    "{} failed": "失败 {}",
    "{} skipped": "跳过 {}",
    "{} in doubt": "结果未知 {}",
    "{} not started": "未开始 {}",
    "no jobs": "没有任务",
    "… and {} more": "……另外还有 {} 个",
    "and {} more": "另外还有 {} 个",
    "about {} left": "大约还要 {}",
    "No more were started": "没有再开始新的",
    # What doctor finds
    "version": "版本",
    "extras": "可选组件",
    "command": "命令",
    "config folder": "配置文件夹",
    "proxy": "代理",
    "service": "服务",
    "clock": "时钟",
    "credits": "积分",
    "journal": "工作记录",
    "none": "无",
    "installed: {}; for more: {}": "已安装：{}；安装更多：{}",
    "installed: {}": "已安装：{}",
    "{}; another program of that name: {}": "{}；另有同名的程序：{}",
    "another program of that name: {}": "另有同名的程序：{}",
    "A shell starts that one. Start this one with: {}": "shell 会启动那一个。启动这一个：{}",
    "{}: the first request will create it": "{}：第一次请求时会建立",
    "{}: others can read {}": "{}：其他用户可以读取 {}",
    "{}: only you can read it": "{}：只有您可以读取",
    "Own it, with mode 0700, or set XDG_CONFIG_HOME to a folder that you own.": (
        "请把它改为您所有、权限 0700，或把 XDG_CONFIG_HOME 设为您自己的文件夹。"
    ),
    "Run: {}": "请运行：{}",
    "set by NEMO_TOKEN": "来自 NEMO_TOKEN",
    "none: the config folder cannot be read": "无：配置文件夹无法读取",
    "none yet: the first request creates an anonymous one (100 credits, 7 days)": (
        "还没有：第一次请求时会建立匿名 token（100 积分，7 天）"
    ),
    "anonymous, saved; its expiry is unknown": "匿名，已保存；到期时间未知",
    "anonymous, saved; expires in {}, it is then renewed automatically": (
        "匿名，已保存；还有 {}到期，届时自动更新"
    ),
    "anonymous, saved; expires in {}": "匿名，已保存；还有 {}到期",
    "{} days": "{} 天",
    "{} h {} min": "{} 小时 {} 分钟",
    "{} responds": "{} 有答复",
    "{} responds with HTTP {}": "{} 有答复，状态为 HTTP {}",
    "{} responds, and is not the service": "{} 有答复，但不是 NemoVideo 服务",
    "It has trouble at the moment: try again later.": "它目前有问题：请稍后再试。",
    "the service sent no Date header": "服务没有发送 Date 头",
    "agrees with the service's": "与服务一致",
    "{} ahead of the service's": "比服务快 {}",
    "{} behind the service's": "比服务慢 {}",
    "Set this machine's clock, best from a time server.": "请校准本机时钟，最好用时间服务器。",
    "the certificate was verified": "证书已验证",
    "none, as the service is on this machine": "无，因为服务在本机",
    "{} available, {} more reserved": "可用 {}，另有 {} 冻结",
    "{} available": "可用 {}",
    "none available": "没有可用的",
    "Top up credits in your account, or register for more; export stays free.": (
        "请为账号充值积分，或注册以获得更多；导出不花积分。"
    ),
    "Interrupted work cannot be recovered; see the config folder.": (
        "被打断的工作无法接着完成；请看配置文件夹。"
    ),
    "it cannot be written": "无法写入",
    "{} unfinished operations": "{} 项未完成的工作",
    "{} unfinished operation": "{} 项未完成的工作",
    "nothing is unfinished": "没有未完成的工作",
    "Healthy, with {} warnings.": "正常，有 {} 个警告。",
    "Healthy, with {} warning.": "正常，有 {} 个警告。",
    "Healthy.": "正常。",
    "Not healthy: {} of {} checks failed.": "不正常：{1} 项检查中有 {0} 项未通过。",
    # What the log warns of
    "{} is another file by now, so this one is {}.": "{} 已经是另一个文件，所以这一个存为 {}。",
    "A generation with the same prompt and path, in session {}, is unfinished, and this one is paid"
    " for again. To pick that one up: nemovideo recover. With --key the same call does that by"
    " itself.": (
        "会话 {} 中有一个提示词和文件名相同的视频还没有完成，而这次会再付一次费。要接着完成那一个，"
        "请运行：nemovideo recover。使用 --key，同样的命令会自动接着完成。"
    ),
    "The service answered with 429: the batch goes on in {} s, with {} at a time.": (
        "服务答复 429（请求过于频繁）：{} 秒后继续，同时进行 {} 个。"
    ),
}
"""Messages, advice and parts of them; the first that fits is taken."""
