"""A workspace that is served, and the person behind it: at a terminal of their own, and on the page."""

import html
import http.cookiejar
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

PASSPHRASE = "correct horse battery"


def at_terminal(argv, answers, cwd):
    """Runs a command on a pseudo-terminal and types each answer when its prompt has come."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execvp(argv[0], argv)
    out, left = b"", list(answers)
    while select.select([terminal], [], [], 60)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        out += data
        if left and left[0][0].encode() in out:
            prompt, answer = left.pop(0)
            out = out.split(prompt.encode(), 1)[1]
            os.write(terminal, (answer + "\n").encode())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, out.decode(errors="replace")


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Desk:
    """A served workspace around ben, in a temporary folder."""

    def __init__(self, program, tools, settings=""):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="tollgate-clients-")
        self.ws = os.path.join(self.folder, "ws")
        self.run("init", self.ws, "--person", "ben", "--tools", tools, cwd=self.folder)
        for name in os.listdir(os.path.join(self.ws, "tools")):
            if name.endswith(".toml"):
                self.edit("tools/" + name, '["cli"]', '["cli", "agent-7"]')
        self.ports = [free_port() for _ in range(3)]
        self.agents, self.people, self.admin = (f"http://127.0.0.1:{port}" for port in self.ports)
        serve = "\n".join(f'{door} = "127.0.0.1:{port}"' for door, port in zip(("agents", "people", "admin"), self.ports))
        self.append("tollgate.toml", f'\n[consent]\nhold = "200 ms"\n\n[serve]\n{serve}\n{settings}')
        status, said = at_terminal(
            [program, "passphrase", "ben"], [("assphrase", PASSPHRASE), ("gain", PASSPHRASE)], self.ws
        )
        assert status == 0, said
        self.server = None

    def edit(self, name, old, new):
        path = os.path.join(self.ws, name)
        text = open(path).read()
        assert old in text or new in text, f"{old} does not stand in {name}"
        open(path, "w").write(text.replace(old, new))

    def write(self, name, text):
        path = os.path.join(self.ws, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def append(self, name, text):
        with open(os.path.join(self.ws, name), "a") as file:
            file.write(text)

    def run(self, *arguments, cwd=None):
        done = subprocess.run([self.program, *arguments], cwd=cwd or self.ws, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def __enter__(self):
        log = open(os.path.join(self.folder, "log"), "w")
        self.server = subprocess.Popen([self.program, "serve"], cwd=self.ws, stdout=subprocess.PIPE, stderr=log, text=True)
        # It says where it listens once it does.
        assert self.server.stdout.readline().startswith("agents"), open(os.path.join(self.folder, "log")).read()
        return self

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            raise
        shutil.rmtree(self.folder, ignore_errors=True)

    def token(self, session):
        return self.run("token", "agent", "agent-7", "--as", "ben", "--session", session)

    def open_questions(self):
        listed = json.loads(self.run("-o", "json", "approvals", "list"))["questions"]
        return {row["question"] for row in listed if row["state"] == "open"}

    def asked(self, before):
        """Waits until somebody is asked something that was not among those `before`, and says which question it is."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for question in self.open_questions() - before:
                return question
            time.sleep(0.1)
        raise AssertionError("nobody was asked anything")

    def yes_at_terminal(self, question):
        status, said = at_terminal([self.program, "approvals", "yes", str(question)], [("assphrase", PASSPHRASE)], self.ws)
        assert status == 0, said

    def answer_on_page(self, link, decision="yes"):
        """What a person does whose browser has no script: sign in with a code, read the card, press a button."""
        status, said = at_terminal([self.program, "token", "code", "ben"], [("assphrase", PASSPHRASE)], self.ws)
        assert status == 0, said
        code = next(line.strip() for line in said.splitlines() if re.fullmatch(r"[a-z0-9]{12}", line.strip()))
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        page = browser.open(link).read().decode()
        assert "Sign in" in page
        page = self.press(browser, link, page, code=code)
        assert "Question" in page, page
        card = html.unescape(re.search(r"<pre>(.*?)</pre>", page, re.S).group(1))
        page = self.press(browser, link, page, decision=decision)
        assert "the question is" in html.unescape(page), page
        return card

    @staticmethod
    def press(browser, link, page, **typed):
        form = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', page, re.S)
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form.group(2))
        fields = {name: html.unescape(value) for name, value in hidden} | typed
        to = urllib.parse.urljoin(link, form.group(1))
        return browser.open(to, urllib.parse.urlencode(fields).encode()).read().decode()
