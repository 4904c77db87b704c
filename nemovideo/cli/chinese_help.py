"""The help texts in Chinese, for terminals whose locale is Chinese."""

from __future__ import annotations

import os
import re
from typing import Any, Final

_EXAMPLE: Final = "Example:  "


def locale_language() -> str | None:
    """Return `zh-CN` or `zh-TW` under a Chinese locale, else None, which is English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale = os.environ.get(name, "").lower()
        if locale:
            if locale.startswith("zh"):
                return "zh-TW" if locale.startswith(("zh_tw", "zh_hk", "zh_mo")) else "zh-CN"
            return None
    return None


# `Any`: by its version, Typer uses click or a copy of its own.
def translate_command(command: Any) -> None:
    """Put the texts of a command and its subcommands into Chinese; unknown ones stay English."""
    command.help = _translated(command.help)
    command.epilog = _translated(command.epilog)
    for subcommand in getattr(command, "commands", {}).values():
        subcommand.rich_help_panel = "命令"
        translate_command(subcommand)


def translate_parameter(parameter: Any) -> None:
    """Put the texts of an option or argument into Chinese."""
    if getattr(parameter, "help", None):
        parameter.help = _translated(parameter.help)
    panel = getattr(parameter, "rich_help_panel", None)
    kind = "参数" if parameter.param_type_name == "argument" else "选项"
    parameter.rich_help_panel = _translated(panel) if panel else kind


def _translated(text: str | None) -> str | None:
    if text and text.startswith(_EXAMPLE):
        return f"例：  {text.removeprefix(_EXAMPLE)}"
    chinese = _CHINESE.get(text or "")
    # Lines are broken at spaces, and what has none is cut off.
    return re.sub("([，。；：])(?=.)", r"\1 ", chinese) if chinese else text


_CHINESE: Final = {
    "Make and edit videos with NemoVideo: a prompt in, a real MP4 out.": (
        "用 NemoVideo 制作和剪辑视频：输入一句话，得到真正的 MP4。"
    ),
    'Begin with:  nemovideo generate "a 10-second video of a panda" -o panda.mp4': (
        '从这里开始：  nemovideo generate "一段10秒的熊猫视频" -o panda.mp4'
    ),
    "Show the version.": "显示版本。",
    "Show this message and exit.": "显示本说明。",
    "Use a local sandbox: no account, no cost. It ends with this command.": (
        "使用本地沙盒：不需要账号，不花钱。命令结束时它也结束。"
    ),
    "Options of every command": "所有命令通用的选项",
    "With --sandbox: store its sessions and renders in this folder.": (
        "与 --sandbox 一起用：把会话和渲染结果存到这个文件夹。"
    ),
    "With a sandbox: the initial balance. Default: 10,000.": "沙盒的初始积分，默认 10,000。",
    "The service's URL.  \\[env: NEMO_API_URL]": "服务的 URL。  \\[环境变量：NEMO_API_URL]",
    "Append every exchange with the service to FILE, without secrets.": (
        "把与服务的每次通信追加到 FILE，不含任何密钥。"
    ),
    "Write one JSON object per line to stdout.": "在 stdout 上每行输出一个 JSON 对象。",
    "Write only results and errors.": "只输出结果和错误。",
    "Show tracebacks and the log.": "显示错误堆栈和日志。",
    "No colours.  \\[env: NO_COLOR]": "不用颜色。  \\[环境变量：NO_COLOR]",
    "Install completion for the current shell.": "为当前 shell 安装命令补全。",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "显示当前 shell 的补全脚本，以便复制或自行安装。"
    ),
    "Make a video from a prompt and save it.": "根据一句话制作视频并保存。",
    "What the video should show.": "视频要表现的内容。",
    "Output file or URL; - is stdout. Default: a new file here, named after the prompt.": (
        "输出文件或 URL，- 表示 stdout。默认：当前文件夹里按提示词命名的新文件。"
    ),
    "Input file; may be given more than once.": "素材文件，可以多次给出。",
    "URL of an input file; may be given more than once.": "素材文件的 URL，可以多次给出。",
    "en, zh-CN, ja… Default: the prompt's.": "en、zh-CN、ja…… 默认：提示词的语言。",
    "Refuse if the estimated cost is higher.": "预计费用更高时拒绝执行。",
    "Your name for this work: the same command again never pays twice.": (
        "这项工作的名字：同样的命令再次运行，绝不重复付费。"
    ),
    "Create the video without rendering it.": "只制作视频，不渲染。",
    "Replace an existing file without asking.": "直接覆盖已有文件，不再询问。",
    "Make a video of each row of a file; run again, it sends only what never was.": (
        "为文件的每一行制作视频；再次运行时只发送从未发送过的。"
    ),
    "CSV, JSON Lines, Parquet, or text with a prompt in each line; - is stdin.": (
        "CSV、JSON Lines、Parquet，或每行一个提示词的文本；- 表示 stdin。"
    ),
    "A folder, or a template with {key}, {index} and {name}.": (
        "文件夹，或含 {key}、{index}、{name} 的模板。"
    ),
    "How many run at a time, at most.": "同时进行的数量上限。",
    "For the whole batch, earlier runs too.": "整批的积分上限，包括以前的运行。",
    "Send again what certainly failed without a charge.": "重新开始失败且确定未扣费的任务。",
    "Show what would be done, and send nothing.": "只显示将要做什么，不发送任何内容。",
    "Do not ask.": "不再询问。",
    "Make and change videos in a conversation.": "在对话中制作和修改视频。",
    "The session to continue, or: last. Default: a new one.": (
        "要继续的会话，或 last（最近的会话）。默认：新会话。"
    ),
    "Upload files into a session.": "把文件上传到会话。",
    "The session's id, or: last.": "会话的 id，或 last（最近的会话）。",
    "Videos, images or sounds, at most 500 MB each.": "视频、图片或声音，每个最大 500 MB。",
    "Render a session's timeline and save it; this costs no credits.": (
        "渲染会话的时间线并保存，不花积分。"
    ),
    "Output file or URL; - is stdout. Default: a new file here, named after the session.": (
        "输出文件或 URL，- 表示 stdout。默认：当前文件夹里按会话命名的新文件。"
    ),
    "Default: by the file's extension.": "默认：由文件扩展名决定。",
    "Show a session's timeline.": "显示会话的时间线。",
    "Make a link that opens a session in a browser.": "生成可在浏览器中打开会话的链接。",
    "Its task id, if the service does not report it.": "任务 id，服务没有返回时才需要。",
    "Show how many credits are left.": "显示剩余积分。",
    "List the latest renders that were made from this machine.": "列出本机最近的渲染。",
    "Finish what Ctrl-C, a crash or a lost connection interrupted.": (
        "接着完成被 Ctrl-C、崩溃或断线打断的工作。"
    ),
    "List unfinished work without finishing it.": "只列出未完成的工作。",
    "Discard the unfinished work of a session, or free a key.": (
        "放弃某个会话未完成的工作，或释放一个 key。"
    ),
    "Check the installation and the connection to the service.": "检查安装情况和与服务的连接。",
    "Serve the Model Context Protocol, for AI assistants.": (
        "为 AI 助手提供 Model Context Protocol 服务。"
    ),
    "Serve over HTTP at this port.": "在这个端口上用 HTTP 提供服务。",
    "With --http: another address needs NEMOVIDEO_MCP_TOKEN.": (
        "与 --http 一起用：其他地址需要 NEMOVIDEO_MCP_TOKEN。"
    ),
    "Print the instructions for AI agents: an agent skill.": "打印给 AI 智能体的说明（skill）。",
    "Print the folder of the skill instead.": "改为打印 skill 所在的文件夹。",
    "Run a local sandbox of the service until Ctrl-C. POST to its /faults makes it fail.": (
        "运行服务的本地沙盒，直到按下 Ctrl-C；向其页面的 /faults 发送 POST 可让它出错。"
    ),
    "The API's port; files and pages use the next two. 0: any.": (
        "API 的端口；文件和网页紧随其后。0：任意。"
    ),
    "0: no waiting, 1: the service's pace.": "0：不等待；1：与服务一样的速度。",
    "Makes drafts and replies repeatable.": "使草稿和回复可以重现。",
    "Find out which documented and assumed facts about the service hold.": (
        "查明关于服务的哪些记载和假设成立。"
    ),
    "Credits that may be spent; 100 generates one clip, once.": (
        "可以花费的积分；100 可生成一个片段，仅一次。"
    ),
    "A chat endpoint that answers messages: see its guide.": "回答消息的聊天接口：见说明。",
    "The model of the chat endpoint.": "聊天接口的模型。",
    "A server that makes generated clips: see its guide.": "生成视频片段的服务器：见说明。",
    "The model of the video server.": "视频服务器的模型。",
    "The maximum height of renders: 360 is quick.": "渲染的最大高度：360 很快。",
    "A SQLite file, or postgresql://… for many machines.  \\[env: NEMOVIDEO_JOURNAL]": (
        "SQLite 文件，多台机器用 postgresql://…。  \\[环境变量：NEMOVIDEO_JOURNAL]"
    ),
    "Run on a Ray cluster: that of this machine, or at the address.": (
        "在 Ray 集群上运行：本机的，或这个地址的。"
    ),
    "With --ray: how many processes.": "与 --ray 一起用：进程数。",
    "Format of events.": "事件的格式。",
    "Format of renders.": "渲染结果的格式。",
    "Return a tiny real video for every render.": "渲染只返回很小的视频。",
}
