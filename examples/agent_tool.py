"""A tool for an agent of your own, at any chat endpoint with tools: Ollama, vLLM, OpenAI, …

OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL say which. Frameworks need none of this: they take
the tools of `nemovideo mcp`.
"""

import asyncio
import json
import os
from typing import Any

import httpx

import nemovideo

PROMPT = "Make me a 5-second film of a lighthouse, and tell me where it is."
TOOL = {
    "type": "function",
    "function": {
        "name": "make_video",
        "description": "Makes a video from a prompt. It takes minutes and costs 100 credits.",
        "parameters": {
            "type": "object",
            "properties": {"prompt": {"type": "string"}},
            "required": ["prompt"],
        },
    },
}


async def make_video(client: nemovideo.AsyncNemoVideo, call: dict[str, Any]) -> str:
    try:
        video = await client.generate(
            str(json.loads(call["function"]["arguments"])["prompt"]),
            path=".",
            # The id of the call as the key: a conversation that is played again pays once.
            key=call["id"],
            # What may be spent is yours to say, where the model has no hand in it.
            max_credits=100,
        )
    except (ValueError, KeyError):
        return "Give one argument: prompt."
    except nemovideo.NemoVideoError as error:
        return str(error)  # what happened, and what to do: the model can read that, too
    return json.dumps({"file": str(video.path), "seconds": video.duration, "said": video.text})


async def main() -> None:
    key, model = os.environ.get("OPENAI_API_KEY", "none"), os.environ.get("OPENAI_MODEL", "gpt-5")
    chat = httpx.AsyncClient(
        base_url=os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        headers={"Authorization": f"Bearer {key}"},
        timeout=120,
    )
    messages: list[dict[str, Any]] = [{"role": "user", "content": PROMPT}]
    async with chat, nemovideo.AsyncNemoVideo() as client:
        for _ in range(8):  # a model that calls tools for ever is stopped
            asked = {"model": model, "messages": messages, "tools": [TOOL]}
            answer = (await chat.post("/chat/completions", json=asked)).raise_for_status().json()
            messages.append(answer["choices"][0]["message"])
            calls: list[dict[str, Any]] = messages[-1].get("tool_calls") or []
            if not calls:
                break
            for call in calls:
                result = await make_video(client, call)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    print(messages[-1]["content"])


asyncio.run(main())
