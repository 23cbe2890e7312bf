"""The Inspector's command line, as it is published: its strict lint of every example tool, calls, and a wait.

usage: inspector.py TOLLGATE TOOLS INSPECTOR
"""

import json
import subprocess
import sys
import threading

from desk import Desk

ASK = {"folder": "runbooks", "question": "what does tollgate do?"}
REPLY = {**ASK, "forum": "eng-help", "thread": "1"}
LEND = {"object": "dataset/example", "group": "guests", "minutes": 30}
LOG = "2026-11-20 09:12:01 status half-configured curl:amd64 8.5.0\n"

# A call of each tool, and what its result shows.
CALLS = [
    ("answer_ask", ASK, "runbooks/welcome.md"),
    ("lend_who", {"object": "dataset/example"}, "result"),
    ("table_query", {"table": "name,size\na,19\nb,23\n", "query": "select sum(size)"}, "42"),
    ("triage_triage", {"log": "logs/dpkg.log", "forum": "eng-help", "thread": "1"}, "curl:amd64"),
]
ERAS = ("modern", "legacy")

# What the Inspector's exit codes mean (its documentation).
FINE, REFUSED, UNPORTABLE = 0, 5, 6


def loose():
    """A server whose only tool takes anything: the lint has to object to it."""
    tool = {"name": "loose", "description": "takes anything", "inputSchema": {"type": "object", "properties": {"it": True}}}
    answers = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "loose", "version": "1"}},
        "tools/list": {"tools": [tool]},
    }
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answers.get(asked["method"], {})}), flush=True)


class Inspector:
    """One way to reach a server."""

    def __init__(self, program, server, options, cwd):
        self.before, self.server, self.cwd = [program, "--cli", "--format", "json", "-q", *options], server, cwd

    def __call__(self, era, *options, exits=FINE):
        # Options stand before the command that starts a server, and after an address.
        ours = ["--protocol-era", era, *options]
        line = [*self.before, *ours, *self.server]
        done = subprocess.run(line, cwd=self.cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        assert done.returncode == exits, f"exit {done.returncode}, not {exits}: {line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def call(self, era, tool, arguments, exits=FINE):
        return self(era, "--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments), exits=exits)


def lists(inspector, era, tools):
    """Every example tool is listed, and the lint finds nothing."""
    listed = [tool["name"] for tool in json.loads(inspector(era, "--method", "tools/list", "--strict"))["result"]["tools"]]
    missing = [tool for tool in tools if not any(name.startswith(f"{tool}_") for name in listed)]
    assert not missing, f"{missing} are not in {listed}"
    return f"{len(listed)} functions of {len(tools)} tools, no complaint"


def calls(inspector, era):
    """A call of every tool that changes nothing, whose result the client checks against its schema; and a refusal."""
    for tool, arguments, shows in CALLS:
        said = inspector.call(era, tool, arguments)
        assert shows in said, f"{tool}: no {shows!r} in {said}"
    assert "cover.not-granted" in inspector.call(era, "answer_ask", {**ASK, "folder": "pay"}, exits=REFUSED)
    return f"{len(CALLS)} done, one refused"


def waits(inspector, desk, tool, arguments):
    """A call that becomes a task, which the Inspector polls until a person has answered."""
    came, before = [], desk.open_questions()
    calling = threading.Thread(target=lambda: came.append(inspector.call("modern", tool, arguments)))
    calling.start()
    question = desk.asked(before)
    desk.answer_on_page(f"{desk.people}/approvals/{question}")
    calling.join()
    assert came, "it failed: see above"
    return json.loads(came[0])["result"]["structuredContent"]


def main():
    program, tools, inspector = sys.argv[1:4]
    witness = Inspector(inspector, [sys.executable, __file__, "--loose"], [], ".")
    witness("legacy", "--method", "tools/list", "--strict", exits=UNPORTABLE)
    print("ok  the lint objects to a schema that takes anything", flush=True)
    with Desk(program, tools) as desk:
        names = [tool["tool"] for tool in json.loads(desk.run("-o", "json", "tools"))["tools"]]
        desk.write("files/logs/dpkg.log", LOG)
        token = ["--header", f"Authorization: Bearer {desk.token('inspector')}", "--stored-auth-only"]
        http = Inspector(inspector, [], [f"{desk.agents}/mcp", "--transport", "http", *token], desk.ws)
        run = [program, "run", "--as", "ben", "--agent", "agent-7"]
        stdio = Inspector(inspector, run, [], desk.ws)
        for name, reached in (("HTTP", http), ("stdio", stdio)):
            for era in ERAS:
                print(f"ok  {name}, {era}, tools/list --strict: {lists(reached, era, names)}", flush=True)
                print(f"ok  {name}, {era}, tools/call: {calls(reached, era)}", flush=True)
        posted = waits(http, desk, "answer_reply", REPLY)
        assert "post" in posted, posted
        print("ok  HTTP, modern, answer_reply: a task, polled until it was answered on the page", flush=True)
        opened = waits(http, desk, "lend_lend", LEND)["result"]
        assert opened["tag"] == "opened", opened
        http.call("legacy", "lend_return_early", {"object": LEND["object"], "lease": opened["value"]["lease"]})
        print("ok  HTTP, modern, lend_lend: the same; and lend_return_early", flush=True)


if "--loose" in sys.argv:
    loose()
else:
    main()
