"""A call that waits for a person, by each rung of the ladder, with the Python clients as they are published.

usage: ladder.py TOLLGATE TOOLS
"""

import asyncio
import sys

import fastmcp
import fastmcp_tasks  # noqa: F401  (declares the tasks extension)
import mcp
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from desk import Desk

ASK = {"folder": "runbooks", "question": "what does tollgate do?"}


def reply(thread="1"):
    return {**ASK, "forum": "eng-help", "thread": thread}


def client(desk, token, **options):
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
    return mcp.Client(streamable_http_client(f"{desk.agents}/mcp", http_client=http), **options)


def approval(result):
    return result.meta["dev.tollgate/approval"]


def text(result):
    return result.content[0].text




async def words(desk, mode):
    """Row 4: plain words; answered at a terminal; the same call again gets the result."""
    async with client(desk, desk.token(f"words-{mode}"), mode=mode) as it:
        tools = [tool.name for tool in (await it.list_tools()).tools]
        assert "answer_reply" in tools, tools
        fine = await it.call_tool("answer_ask", ASK)
        assert not fine.is_error and "runbooks/welcome.md" in fine.structured_content["text"], fine
        refused = await it.call_tool("answer_ask", {**ASK, "folder": "pay"})
        assert refused.is_error and text(refused).startswith("cover.not-granted"), refused
        waits = await it.call_tool("answer_reply", reply())
        assert waits.is_error and text(waits).startswith("agree.waiting"), waits
        again = await it.call_tool("answer_reply", reply())
        assert approval(again)["id"] == approval(waits)["id"], "an identical call asks a second time"
        assert approval(waits)["expires_at"].startswith("20"), approval(waits)
        await asyncio.to_thread(desk.yes_at_terminal, approval(waits)["id"])
        done = await it.call_tool("answer_reply", reply())
        assert not done.is_error, done
        return text(done)


async def pipes(desk, mode):
    """Row 4 over standard input and output, where there is no page: answered at a terminal."""
    server = mcp.StdioServerParameters(command=desk.program, args=["run", "--as", "ben", "--agent", "agent-7"], cwd=desk.ws)
    async with mcp.Client(server, mode=mode) as it:
        # Another session than those over HTTP, so nothing is joined.
        waits = await it.call_tool("answer_reply", reply())
        assert waits.is_error and text(waits).startswith("agree.waiting"), waits
        assert "tollgate approvals show" in text(waits) and approval(waits)["url"] is None, waits
        await asyncio.to_thread(desk.yes_at_terminal, approval(waits)["id"])
        done = await it.call_tool("answer_reply", reply())
        assert not done.is_error, done
        return text(done)


async def links(desk, mode):
    """Rows 2 and 3: the client opens the link; the person answers on the page; the same call returns the result."""
    opened = []

    async def open_link(_context, asked):
        opened.append(asked.url)
        await asyncio.to_thread(desk.answer_on_page, asked.url)
        return mcp.types.ElicitResult(action="accept")

    async with client(desk, desk.token(f"links-{mode}"), mode=mode, elicitation_callback=open_link) as it:
        done = await it.call_tool("answer_reply", reply())
        assert len(opened) == 1 and not done.is_error, (opened, done)
        return text(done)


async def no_session(desk):
    """Where hosts share an address there is no session to ask in: a client of an older revision gets words at once."""
    opened = []

    async def open_link(_context, asked):
        opened.append(asked.url)
        return mcp.types.ElicitResult(action="accept")

    async with client(desk, desk.token("no-session"), mode="legacy", elicitation_callback=open_link) as it:
        waits = await asyncio.wait_for(it.call_tool("answer_reply", reply()), 5)
        assert not opened and waits.is_error and text(waits).startswith("agree.waiting"), (opened, waits)
        return text(waits)


async def declined(desk):
    """Who does not open the link is not asked again, and nothing happens."""

    async def no(_context, _asked):
        return mcp.types.ElicitResult(action="decline")

    async with client(desk, desk.token("declined"), mode="2026-07-28", elicitation_callback=no) as it:
        done = await it.call_tool("answer_reply", reply())
        assert done.is_error and text(done).startswith("cancelled"), done
        return text(done)


async def accepted_only(desk):
    """Accepting in the agent's own client is never consent: without an answer at our door it ends in plain words."""

    async def accept(_context, _asked):
        return mcp.types.ElicitResult(action="accept")

    async with client(desk, desk.token("accepted"), mode="2026-07-28", elicitation_callback=accept) as it:
        done = await it.call_tool("answer_reply", reply())
        assert done.is_error and text(done).startswith("agree.waiting"), done
        return text(done)


async def task(desk):
    """Row 1: a task that the client polls."""
    transport = fastmcp.client.transports.StreamableHttpTransport(
        f"{desk.agents}/mcp", headers={"Authorization": f"Bearer {desk.token('task')}"}
    )
    async with fastmcp.Client(transport) as it:
        before = desk.open_questions()
        calling = asyncio.create_task(it.call_tool("answer_reply", reply()))
        question = await asyncio.to_thread(desk.asked, before)
        await asyncio.to_thread(desk.answer_on_page, f"{desk.people}/approvals/{question}")
        done = await asyncio.wait_for(calling, 60)
        assert not done.is_error, done
        return done.content[0].text


async def play(program, tools, settings, steps):
    with Desk(program, tools, settings) as desk:
        for name, step in steps:
            print(f"ok  {name}: {(await step(desk))[:70]!r}", flush=True)


async def main():
    program, tools = sys.argv[1:3]
    steps = [
        ("row 4, words, 2026-07-28, answered at a terminal", lambda desk: words(desk, "2026-07-28")),
        ("row 4, words, older revision, answered at a terminal", lambda desk: words(desk, "legacy")),
        ("row 2, link and retry, 2026-07-28, answered on the page", lambda desk: links(desk, "2026-07-28")),
        ("row 3, link in a session, older revision, answered on the page", lambda desk: links(desk, "legacy")),
        ("stdio: row 4, words, 2026-07-28, answered at a terminal", lambda desk: pipes(desk, "2026-07-28")),
        ("stdio: row 4, words, older revision, answered at a terminal", lambda desk: pipes(desk, "legacy")),
        ("row 2, declined in the client", declined),
        ("row 1, task, answered on the page", task),
    ]
    if "--slow" in sys.argv:
        steps.append(("row 2, accepted in the client and never answered", accepted_only))
    await play(program, tools, "", steps)
    shared = [
        ("shared: row 4, words, older revision, answered at a terminal", lambda desk: words(desk, "legacy")),
        ("shared: row 2, link and retry, 2026-07-28, answered on the page", lambda desk: links(desk, "2026-07-28")),
        ("shared: row 4 instead of 3, older revision", no_session),
        ("shared: row 1, task, answered on the page", task),
    ]
    await play(program, tools, "sessions = false", shared)


asyncio.run(main())
