"""The sentences of the SDK in replies and events, by key and language.

For translators: copy `ENGLISH`, translate the right-hand sides, keep the names in braces, and enter
the result in `CATALOGUES` under its language tag. What is left out falls back to English. The word
after the colon in `{elapsed:span}` says how a value is written and stays as it is:

- `span`: seconds as a stretch of time, `2 min 30 s`
- `size`: bytes, `3.2 MB`
- `amount`: a number without needless zeros, `12.5`
- `names`: several texts as one enumeration, `a.mp4, b.jpg`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

LimitKey: TypeAlias = Literal["limit_aspect_ratio", "limit_links", "limit_photo"]
"""The keys that tell a limit of the service (wire-contract section 7)."""

HintKey: TypeAlias = Literal[
    "hint_export", "hint_state", "hint_credits", "hint_upload", "hint_send"
]
"""The keys that say what takes the place of a screen instruction."""

ChatHintKey: TypeAlias = Literal[
    "chat_hint_export", "chat_hint_state", "chat_hint_credits", "chat_hint_upload", "chat_hint_send"
]
"""The same in the chat, which has commands."""

StepKey: TypeAlias = Literal[
    "step_music",
    "step_add_music",
    "step_title",
    "step_trim",
    "step_look",
    "step_again",
    "step_export",
    "step_edit",
    "step_captions",
    "step_slideshow",
    "step_soundtrack",
]
"""The keys that propose what to do next."""

StageKey: TypeAlias = Literal[
    "stage_connecting",
    "stage_resuming",
    "stage_uploading",
    "stage_working",
    "stage_reconnecting",
    "stage_rendering",
    "stage_downloading",
    "connected",
    "files_sent",
    "answered",
    "found",
    "rendered",
    "saved",
    "done_of",
]
"""The keys that say in a word or two what is going on, and that it is done."""

Key: TypeAlias = (
    LimitKey
    | HintKey
    | ChatHintKey
    | StepKey
    | StageKey
    | Literal[
        "working",
        "still_working",
        "queued_after",
        "step_failed",
        "not_started",
        "reconnecting",
        "reconnected",
        "clip_ready",
        "video_ready",
        "changed",
        "changed_before",
        "more_changes",
        "nothing_changed",
        "be_specific",
        "next_steps",
        "uploaded",
        "file_size",
        "file_span",
        "file_wanted",
        "exporting",
        "exported_file",
        "exported_link",
        "exported_file_and_link",
        "nothing_to_export",
        "credits",
        "credits_frozen",
        "state",
        "state_empty",
        "negated",
        "unsure",
        "unsure_export",
        "help",
        "time_taken",
        "credits_spent",
        "figures",
        "edit_with",
        "edit_needs_folder",
        "interrupted",
        "resume_with",
        "resume_needs_folder",
        "chat_greeting",
        "chat_stopped",
        "chat_left",
        "chat_unsent",
        "chat_stopped_message",
        "chat_stopped_early",
        "chat_stopped_export",
        "render_pending",
        "export_formats",
        "chat_resume",
        "chat_no_command",
        "chat_commands",
        "chat_leave",
        "export_form",
        "no_folder",
        "chat_unfinished",
        "chat_ended",
        "chat_still_unfinished",
        "chat_busy_elsewhere",
        "chat_unfinished_sessions",
    ]
)
"""The name of a sentence; a misspelt one fails the type check."""

ENGLISH: Final[Mapping[Key, str]] = {
    "working": "Working on it. Making a video usually takes a few minutes, an edit half a minute.",
    "still_working": "⏳ Still working… ({elapsed:span})",
    "queued_after": "Noted: “{text}” comes next, as soon as the current step is done.",
    "step_failed": "This step did not work: {reason}",
    "not_started": "Not started because of that: “{text}”.",
    "reconnecting": (
        "The connection broke after {elapsed:span}. Your message is not sent again, so it is not"
        " charged twice; looking for its result…"
    ),
    "reconnected": "The connection broke, but your message arrived. Here is what it did:",
    "clip_ready": "The clip is ready; music and titles follow.",
    "video_ready": "Music and titles are in. The video is complete.",
    "changed": "Done. This changed:",
    "changed_before": "An earlier message, which was still at work, changed this:",
    "more_changes": "…and {count} more changes",
    "nothing_changed": "The answer held no text and nothing changed on the timeline.",
    "be_specific": (
        "A shorter, more specific request often helps: a concrete instruction such as “add warm"
        " colour grading” instead of “make it look better”."
    ),
    "next_steps": "What you could do next:",
    "step_music": "Change the music: “use calm piano music”",
    "step_title": "Add a title: “add the title ‘Paradise Found’ at the beginning”",
    "step_add_music": "Add music: “add calm piano music at 30% volume”",
    "step_trim": "Shorten it: “cut it to {seconds} seconds”",
    "step_look": "See the tracks: “status”",
    "step_again": "Change the picture: “make it look like sunset”",
    "step_export": "Get the file: “export” (costs no credits)",
    "step_edit": "Say what to make of it: “turn this into a 15-second video”",
    "step_captions": "Say what to make of it: “add calm music and fade out at the end”",
    "step_slideshow": "Say what to make of it: “make a slideshow of it with calm music”",
    "step_soundtrack": "Say what to make of it: “use my song as background music at 30% volume”",
    "uploaded": "Uploaded: {files:names}.",
    "file_size": "{name} ({size:size})",
    "file_span": "{name} ({duration:span})",
    "file_wanted": (
        "Which file? Name its path or attach it: mp4, mov, avi, webm, mkv, jpg, png, gif, webp,"
        " mp3, wav, m4a or aac, at most 500 MB."
    ),
    "exporting": "Exporting; this usually takes 30 to 90 seconds and costs no credits.",
    "exported_file": "Exported to {path}",
    "exported_link": "Exported. Download it here: {url}",
    "exported_file_and_link": "Exported to {path}\nIn the browser: {url}",
    "nothing_to_export": (
        "There is nothing to export yet: the timeline is empty. Describe a video or upload a clip"
        " first."
    ),
    "credits": "You have {available:amount} credits.",
    "credits_frozen": (
        "You have {available:amount} credits; {frozen:amount} more are reserved for work in"
        " progress."
    ),
    "state": "This is on the timeline:\n{timeline}",
    "state_empty": "The timeline is empty. Describe the video that you want, or upload a clip.",
    "negated": "All right, nothing was started.",
    "unsure": ("If you meant a change to the video, say what is to change: “make the title red”."),
    "unsure_export": (
        "That sounds as if you want the finished file. Nothing was started: say “export” for the"
        " file (costs no credits), or say what is to change."
    ),
    "limit_aspect_ratio": (
        "A new aspect ratio cannot be applied to a finished clip: it means generating the video"
        " again, which takes credits again."
    ),
    "limit_links": (
        "Links to YouTube, Spotify and the like cannot be used as a source. Upload the file"
        " itself, or give a link that leads straight to it."
    ),
    "limit_photo": (
        "A photo becomes a slideshow clip; the picture itself is not retouched or brought to life."
    ),
    "hint_export": "You can export the video at any time.",
    "hint_state": "You can look at the tracks at any time.",
    "hint_credits": "You can ask for your balance at any time.",
    "hint_upload": "You can add a file at any time.",
    "hint_send": "Whatever you would like to change, just say so.",
    "chat_hint_export": "Type /export to get the file.",
    "chat_hint_state": "Type /status to see the tracks.",
    "chat_hint_credits": "Type /credits to see your balance.",
    "chat_hint_upload": "Type /upload and a file to add it.",
    "chat_hint_send": "Whatever you would like to change, just say so.",
    "help": (
        "Say in your own words what to make or to change. Besides:\n"
        "- `export`: render the video and get the file (no credits); `export as kitten.gif` for a"
        " name, and for MOV, WebM or GIF\n"
        "- `undo`: take the last change back\n"
        "- `credits`: see how many credits are left\n"
        "- `status`: see what is on the timeline\n"
        "- `upload FILE`: add a video, picture or sound\n"
        "- `help`: show this; `quit`: leave\n"
        "Short, specific requests work best: “add warm colour grading” instead of “make it look"
        " better”. MP4 plays almost everywhere."
    ),
    "stage_connecting": "Connecting",
    "stage_resuming": "Resuming, asking about once a minute",
    "stage_uploading": "Uploading",
    "stage_working": "Working",
    "stage_reconnecting": "Looking for the result",
    "stage_rendering": "Rendering",
    "stage_downloading": "Downloading",
    "connected": "Ready",
    "files_sent": "Uploaded",
    "answered": "Answered",
    "found": "Found the result",
    "rendered": "Rendered",
    "saved": "Saved",
    "done_of": "{done:size} of {total:size}",
    "time_taken": "{elapsed:span}",
    "credits_spent": "{used:amount} credits used",
    "figures": "{figures:names}",
    "edit_with": "Edit it: {command}",
    "edit_needs_folder": (
        "Its sandbox ends here, and the session with it; add --state-dir DIR to go on with such"
        " a video."
    ),
    "interrupted": "Interrupted.",
    "resume_with": "Pick the work up again with: {command}",
    "resume_needs_folder": (
        "Its sandbox is gone; add --state-dir DIR to be able to pick such work up again."
    ),
    "chat_greeting": "Say what to make or to change. /help lists the commands, Ctrl-D leaves.",
    "export_formats": "No video is exported as {name}: let it end in .mp4, .mov, .webm or .gif.",
    "export_form": "The name of the file was not understood. Write it like this: export kitten.gif",
    "no_folder": "There is no folder {name} here. Write where to: export to ~/films/kitten.mp4",
    "chat_stopped": "Stopped.",
    "chat_left": (
        "Stopped waiting; the last message may still be at work. Pick it up again with: {recover}\n"
        "Give it up with: {forget}"
    ),
    "chat_unsent": "Not sent: “{text}”. It is in the next line again.",
    "chat_stopped_message": (
        "Stopped waiting. The service goes on with this message and charges for it; the next one"
        " waits for its result first."
    ),
    "chat_stopped_early": (
        "Stopped. The message may not have been sent: look at /status before you send it again."
    ),
    "chat_stopped_export": (
        "Stopped waiting. The render goes on and costs nothing. Get its file with: {command}\n"
        "Or say “export” for a new one."
    ),
    "render_pending": "Not saved yet: {names:names}. Get it with: {command}",
    "chat_resume": "Go on with: {command}",
    "chat_no_command": "There is no {name}.",
    "chat_commands": (
        "/help lists the commands. What to make or to change is said without a slash: “undo”."
    ),
    "chat_leave": "(Ctrl-C again, or Ctrl-D, to leave.)",
    "chat_unfinished": (
        "The last message of this session has not ended. Waiting for it, without sending it again;"
        " for at most {left:span}; Ctrl-C leaves it for later…"
    ),
    "chat_ended": "The last message has ended. The film now:",
    "chat_still_unfinished": (
        "The last message has not ended: what follows is about the film as it is now."
    ),
    "chat_busy_elsewhere": (
        "Another process is at work on a message of this session: the film may still change."
    ),
    "chat_unfinished_sessions": (
        "Not finished yet: {sessions:names}. Pick the work up again with: {command}"
    ),
}

CHINESE: Final[Mapping[Key, str]] = {
    "working": "正在处理。生成视频一般需要几分钟，编辑大约半分钟。",
    "still_working": "⏳ 仍在处理…（{elapsed:span}）",
    "queued_after": "收到：当前步骤完成后，接着处理“{text}”。",
    "step_failed": "这一步没有成功：{reason}",
    "not_started": "因此没有开始：“{text}”。",
    "reconnecting": (
        "连接在 {elapsed:span}后中断。您的消息不会重发，也就不会重复扣费；正在查找结果…"
    ),
    "reconnected": "连接曾中断，但您的消息已送达，结果如下：",
    "clip_ready": "片段已经生成，接下来会加上音乐和标题。",
    "video_ready": "音乐和标题已加好，视频完成。",
    "changed": "已完成，改动如下：",
    "changed_before": "以下是之前那条消息完成的改动：",
    "more_changes": "……以及另外 {count} 处改动",
    "nothing_changed": "这次没有收到文字回复，时间线也没有变化。",
    "be_specific": "换成更短、更具体的说法往往会有用：例如说“画面调成暖色”，而不是“弄好看一点”。",
    "next_steps": "接下来您可以：",
    "step_music": "换音乐：“换成舒缓的钢琴曲，音量 30%”",
    "step_title": "加标题：“在开头加上标题‘世外桃源’”",
    "step_add_music": "加音乐：“加上舒缓的钢琴曲，音量 30%”",
    "step_trim": "剪短：“剪到 {seconds} 秒”",
    "step_look": "查看轨道：“状态”",
    "step_again": "修改画面：“改成日落时分”",
    "step_export": "拿到文件：“导出”（不消耗积分）",
    "step_edit": "说说要做成什么：“剪成 15 秒的短片”",
    "step_captions": "说说要做成什么：“加上舒缓的音乐，结尾淡出”",
    "step_slideshow": "说说要做成什么：“做成幻灯片，配舒缓的音乐”",
    "step_soundtrack": "说说要做成什么：“用这首歌做配乐，音量 30%”",
    "uploaded": "已上传：{files:names}。",
    "file_size": "{name}（{size:size}）",
    "file_span": "{name}（{duration:span}）",
    "file_wanted": (
        "要上传哪个文件？请给出路径或附上文件：mp4、mov、avi、webm、mkv、jpg、png、gif、webp、"
        "mp3、wav、m4a 或 aac，每个不超过 500 MB。"
    ),
    "exporting": "正在导出，一般需要 30 到 90 秒，不消耗积分。",
    "exported_file": "已导出到 {path}",
    "exported_link": "导出完成，下载地址：{url}",
    "exported_file_and_link": "已导出到 {path}\n在浏览器中打开：{url}",
    "nothing_to_export": "还没有可以导出的内容：时间线是空的。请先描述一段视频，或上传一个片段。",
    "credits": "您还有 {available:amount} 积分。",
    "credits_frozen": (
        "您还有 {available:amount} 积分，另有 {frozen:amount} 积分为进行中的任务冻结。"
    ),
    "state": "时间线上的内容：\n{timeline}",
    "state_empty": "时间线是空的。请描述您想要的视频，或上传一个片段。",
    "negated": "好的，没有执行任何操作。",
    "unsure": "如果您是想修改视频，请直接说要改什么，例如“把标题改成红色”。",
    "unsure_export": (
        "您似乎想要成片文件。目前没有执行任何操作：要文件请说“导出”（不消耗积分），要修改请直接说改什么。"
    ),
    "limit_aspect_ratio": "已生成的片段不能直接换画面比例：需要重新生成视频，会再次消耗积分。",
    "limit_links": (
        "不能用 YouTube、Spotify 等网站的链接作素材。请上传文件本身，或给出文件的直接链接。"
    ),
    "limit_photo": "照片会做成幻灯片式的片段，不会对照片本身修图或让它动起来。",
    "hint_export": "视频随时可以导出。",
    "hint_state": "轨道内容随时可以查看。",
    "hint_credits": "积分余额随时可以查询。",
    "hint_upload": "随时可以加入文件。",
    "hint_send": "想改什么，直接说就行。",
    "chat_hint_export": "输入 /export 即可拿到文件。",
    "chat_hint_state": "输入 /status 即可查看轨道。",
    "chat_hint_credits": "输入 /credits 即可查询余额。",
    "chat_hint_upload": "输入 /upload 和文件名即可加入文件。",
    "chat_hint_send": "想改什么，直接说就行。",
    "help": (
        "用您自己的话说要做什么、改什么就行。另外：\n"
        "- `导出`：渲染视频并拿到文件（不消耗积分）；`导出为 小猫.gif` 可指定文件名，"
        "也可以是 MOV、WebM 或 GIF\n"
        "- `撤销`：撤销上一次修改\n"
        "- `积分`：查看剩余积分\n"
        "- `状态`：查看时间线上的内容\n"
        "- `上传 文件`：加入视频、图片或声音\n"
        "- `help`：显示本说明；`quit`：退出\n"
        "说得短而具体效果最好：“画面调成暖色”，而不是“弄好看一点”。MP4 几乎在哪里都能播放。"
    ),
    "stage_connecting": "正在连接",
    "stage_resuming": "正在接着完成，约每分钟查询一次",
    "stage_uploading": "正在上传",
    "stage_working": "正在处理",
    "stage_reconnecting": "正在查找结果",
    "stage_rendering": "正在渲染",
    "stage_downloading": "正在下载",
    "connected": "已连接",
    "files_sent": "已上传",
    "answered": "已回复",
    "found": "已找到结果",
    "rendered": "渲染完成",
    "saved": "已保存",
    "done_of": "{done:size}/{total:size}",
    "time_taken": "{elapsed:span}",
    "credits_spent": "用了 {used:amount} 积分",
    "figures": "{figures:names}",
    "edit_with": "继续修改，请运行：{command}",
    "edit_needs_folder": (
        "它的沙盒到此关闭，会话也随之结束；加上 --state-dir 目录，以后就能继续修改这样的视频。"
    ),
    "interrupted": "已中断。",
    "resume_with": "接着完成，请运行：{command}",
    "resume_needs_folder": "它的沙盒已经关闭；加上 --state-dir 目录，以后中断的工作就能接着完成。",
    "chat_greeting": "想做什么、改什么，直接说。/help 列出命令，Ctrl-D 退出。",
    "export_formats": "视频不能导出为 {name}：文件名请以 .mp4、.mov、.webm 或 .gif 结尾。",
    "export_form": "没有看懂文件名。请这样写：“导出小猫动图.gif”。",
    "no_folder": "这里没有“{name}”这个文件夹。请写明位置，例如“导出到 ~/films/小猫.mp4”。",
    "chat_stopped": "已停止。",
    "chat_left": (
        "不再等待；上一条消息可能仍在处理。以后接着完成，请运行：{recover}\n要放弃它，请运行：{forget}"
    ),
    "chat_unsent": "没有发送：“{text}”。它已放回下一行。",
    "chat_stopped_message": (
        "不再等待。服务会继续处理这条消息，并照常扣积分；发送下一条之前，会先等它的结果。"
    ),
    "chat_stopped_early": "已停止。这条消息可能没有发出：再次发送前，请先用 /status 查看。",
    "chat_stopped_export": (
        "不再等待。渲染在服务中继续进行，不消耗积分。要拿到文件，请运行：{command}\n"
        "也可以再说一次“导出”，重新渲染。"
    ),
    "render_pending": "还没有保存：{names:names}。要拿到文件，请运行：{command}",
    "chat_resume": "继续对话，请运行：{command}",
    "chat_no_command": "没有 {name} 这个命令。",
    "chat_commands": "/help 列出所有命令；要做什么、改什么，不用加斜杠，例如“撤销”。",
    "chat_leave": "（再按一次 Ctrl-C 或按 Ctrl-D 退出。）",
    "chat_unfinished": (
        "这个会话的上一条消息还没有处理完。正在等待结果，最多 {left:span}，不会重发；"
        "按 Ctrl-C 可留到以后…"
    ),
    "chat_ended": "上一条消息已处理完，现在的影片：",
    "chat_still_unfinished": "上一条消息还没有处理完：以下针对影片现在的样子。",
    "chat_busy_elsewhere": "另一个进程正在处理这个会话的消息：影片可能还会变化。",
    "chat_unfinished_sessions": "有会话还没有完成：{sessions:names}。接着完成，请运行：{command}",
}

TRADITIONAL: Final[Mapping[Key, str]] = {
    **CHINESE,
    "hint_export": "影片隨時可以匯出。",
    "hint_state": "軌道內容隨時可以查看。",
    "hint_credits": "點數餘額隨時可以查詢。",
    "hint_upload": "隨時可以加入檔案。",
    "hint_send": "想改什麼，直接說就行。",
    "chat_hint_export": "輸入 /export 即可拿到檔案。",
    "chat_hint_state": "輸入 /status 即可查看軌道。",
    "chat_hint_credits": "輸入 /credits 即可查詢餘額。",
    "chat_hint_upload": "輸入 /upload 和檔名即可加入檔案。",
    "chat_hint_send": "想改什麼，直接說就行。",
}
"""Where a sentence stands within text of the agent; the others are read in either script."""

CATALOGUES: Final[Mapping[str, Mapping[Key, str]]] = {
    "en": ENGLISH,
    "zh": CHINESE,
    "zh-TW": TRADITIONAL,
}
"""Language tag → sentences; a tag is looked up whole (`zh-TW`), then by its language (`zh`)."""
