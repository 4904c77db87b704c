"""A chat bot: one project for each chat, and `ask` does what people mean.

`Bot.on_message` is what you call from the library of your platform (Telegram, Slack, WeChat…); the
loop at the end plays two chats from a script.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import nemovideo


@dataclass
class Bot:
    client: nemovideo.AsyncNemoVideo
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    """Chat → session. Keep it in a database, and chats survive a restart."""
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def on_message(self, chat: str, text: str) -> str:
        async with self.locks[chat]:  # a chat's messages are answered one after the other
            try:
                project = await self.project(chat)
                reply = await project.ask(text)
            except nemovideo.NemoVideoError as error:
                return str(error)  # says what happened and what to do, and holds no secret
        return reply.text

    async def project(self, chat: str) -> nemovideo.Project:
        if chat not in self.sessions:
            self.sessions[chat] = (await self.client.create_project(chat)).session_id
        return self.client.open_project(self.sessions[chat])


MESSAGES = [
    ("mei", "生成一段10秒的熊猫视频"),
    ("sam", "show tracks"),
    ("sam", "a 5-second video of a fox in the snow"),
    ("mei", "导出"),
    ("sam", "make the music quieter"),
    ("sam", "how many credits do I have left?"),
]


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        bot = Bot(client)
        for chat, text in MESSAGES:
            print(f"{chat}: {text}\nbot: {await bot.on_message(chat, text)}\n")


asyncio.run(main())
