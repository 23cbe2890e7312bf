"""Requests that are generated from the API's documents, sent to a workspace that is served; none may end in a 5xx, and every
answer must be one that its document describes.

usage: generated.py TOLLGATE TOOLS SCHEMATHESIS
"""

import json
import os
import re
import subprocess
import sys
import urllib.request

from desk import PASSPHRASE, Desk, at_terminal

AT_LEAST = 2_000

# What a request must keep to, whatever it says. `positive_data_acceptance` is left out: a call may fit the document and not
# the schema of the tool that it names, and a name may be nobody's.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)


def send(method, url, token, body=None, **headers):
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body is not None else None)
    for name, value in {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}.items():
        request.add_header(name, value)
    return json.load(urllib.request.urlopen(request, timeout=60))


def person_token(desk):
    status, said = at_terminal([desk.program, "token", "person", "ben", "--for", "1 h"], [("assphrase", PASSPHRASE)], desk.ws)
    assert status == 0, said
    return next(line.strip() for line in said.splitlines() if line.startswith("ey"))


def call(desk, token, tool, key, arguments):
    url = f"{desk.agents}/v1/tools/{tool}/invocations"
    return send("POST", url, token, {"arguments": arguments}, **{"Idempotency-Key": key})


def generate(desk, schemathesis, door, token, there):
    """Runs it against one door; how many requests it sent, and whether every answer was as described."""
    url = getattr(desk, door)
    document = json.load(urllib.request.urlopen(f"{url}/v1/openapi.json"))
    # What is there is among what is asked for, so that what is behind it is reached.
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = {"anyOf": [{"enum": there[parameter["name"]]}, parameter["schema"]]}
    file = os.path.join(desk.folder, f"{door}.json")
    with open(file, "w") as out:
        json.dump(document, out)
    config = os.path.join(desk.folder, "schemathesis.toml")
    with open(config, "w") as out:
        # Without `If-Match` it is 428, and where there is nothing, 404 as with it. 504 is what a `deadline_ms` of 1 asks for.
        out.write("[checks]\nmissing_required_header.expected-statuses = [400, 404, 428]\n")
        out.write('not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 504]\n')
    command = [
        schemathesis, "--config-file", config, "run", file, "--url", url, "--header", f"Authorization: Bearer {token}",
        "--checks", CHECKS, "--exclude-path", "/v1/events", "--max-examples", "100", "--seed", "7", "--continue-on-failure",
        "--request-timeout", "60", "--workers", "1", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=desk.folder)
    print(done.stdout[-6000:], done.stderr[-2000:])
    sent = re.search(r"(\d[\d,]*) generated", done.stdout)
    assert sent, "it does not say how many it sent"
    return int(sent.group(1).replace(",", "")), done.returncode == 0


def main(program, tools, schemathesis):
    with Desk(program, tools, 'operators = ["ben"]\n[serve.limits]\nrequests = "10000 per second"\n') as desk:
        agent, person = desk.token("generated"), person_token(desk)
        ask = {"folder": "runbooks", "question": "what does tollgate do?"}
        over = call(desk, agent, "answer_ask", "over", ask)["invocation"]
        waits = call(desk, agent, "answer_reply", "waits", {**ask, "forum": "eng-help", "thread": "1"})["invocation"]
        names = [tool["name"] for tool in send("GET", f"{desk.agents}/v1/tools", agent)["tools"]]
        nobody = "01a218cb-dcc0-7805-a753-a25a1ce3d218"
        agents = generate(desk, schemathesis, "agents", agent, {"name": names + ["no_such_tool"], "id": [over, waits, nobody]})
        people = generate(desk, schemathesis, "people", person, {"id": ["1", "2", "99", over]})
        log = open(os.path.join(desk.folder, "log")).read()
        assert "panicked" not in log, log
    sent = agents[0] + people[0]
    print(f"{agents[0]} requests at the agents' door, {people[0]} at the people's, {sent} together")
    assert agents[1] and people[1], "an answer is not what its document says"
    assert sent >= AT_LEAST, f"only {sent} requests"


if __name__ == "__main__":
    main(*sys.argv[1:])
