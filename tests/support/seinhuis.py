"""Real processes for the tests: a broker, a governance, homes of members.

    import os, sys
    sys.path.insert(0, os.path.join(os.environ.get("SEIN_ROOT", "."),
                                    "tests", "support"))
    from seinhuis import Seinhuis, wait_for

    with Seinhuis(sys.argv[1]) as house:          # the build folder
        house.found(members=[...], circles=[...]) # governance, broker, homes
        corp = house.home("corporatie")
        corp.run("signal", "--circle", "schulden", ...)
        house.clock.advance(hours=25)
        house.broker.kill(); house.broker.start()

A Seinhuis owns one temporary folder (under TMPDIR, removed at the end; it stays
when `keep` is given) and everything in it:

    clock          the test clock, read by every program that is started here
    broker/        the broker's folder: configuration, keys, store, log
    governance/    what `sein directory` works in
    home/NAME/     a member's home

Every process is started here, listens on 127.0.0.1 only, and is ended when the
`with` ends, whatever happened.  Nothing here sleeps for a fixed time: wait_for
asks again until a condition holds, and says what it waited for when it does
not.

The clock works in the test builds (TEST=1, SAN=1): the file that SEIN_TEST_CLOCK
names holds a number of milliseconds that is added to the real time.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SAN = os.environ.get("SEIN_SAN") == "1"
PATIENCE_S = 60 if SAN else 20
DAY_MS = 24 * 3600 * 1000


class Failed(AssertionError):
    """A program did not do what the test asked of it."""


def wait_for(condition, what, timeout_s=PATIENCE_S, every_s=0.02):
    """Asks until condition() is true, and gives what it gave; an exception of
    the type Failed counts as not yet."""
    deadline = time.monotonic() + timeout_s
    reason = ""
    while True:
        try:
            result = condition()
        except Failed as error:
            result, reason = None, f": {error}"
        if result:
            return result
        if time.monotonic() >= deadline:
            raise Failed(f"waited {timeout_s} s for {what}{reason}")
        time.sleep(every_s)


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Clock:
    """The time of all programs of one Seinhuis.  It goes on by itself, and
    jumps when a test says so."""

    def __init__(self, path):
        self.path = path
        self.offset_ms = 0
        self._write()

    def _write(self):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{self.offset_ms}\n")
        os.replace(self.path + ".new", self.path)

    def now_ms(self):
        return time.time_ns() // 1_000_000 + self.offset_ms

    def advance(self, ms=0, *, seconds=0, minutes=0, hours=0, days=0):
        """Jumps ahead (or back: negative); gives the new time."""
        self.offset_ms += int(ms + 1000 * (
            seconds + 60 * (minutes + 60 * (hours + 24 * days))))
        self._write()
        return self.now_ms()

    def reset(self):
        self.offset_ms = 0
        self._write()


class Run:
    """What a program that ended said."""

    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    def __str__(self):
        return (f"{' '.join(self.argv)}\nexit status {self.status}\n"
                f"{self.out}{self.err}")

    def json(self):
        """Standard output as one JSON document."""
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise Failed(f"no JSON document: {self}") from error

    def rows(self):
        """Standard output as one JSON document per line."""
        try:
            return [json.loads(line) for line in self.out.splitlines()]
        except ValueError as error:
            raise Failed(f"not a JSON document per line: {self}") from error


def run(argv, env=None, check=0, stdin="", timeout_s=4 * PATIENCE_S,
        cwd=None):
    """Runs a program to its end.  check: the exit status that it must have, a
    collection of them, or None for any."""
    done = subprocess.run(argv, env=env, input=stdin, capture_output=True,
                          text=True, timeout=timeout_s, check=False, cwd=cwd)
    result = Run([str(one) for one in argv], done.returncode, done.stdout,
                 done.stderr)
    allowed = {check} if isinstance(check, int) else check
    if allowed is not None and done.returncode not in allowed:
        raise Failed(f"exit status {check} expected: {result}")
    return result


class Broker:
    """One seinhuisd and its folder."""

    def __init__(self, house, name="broker", folder=None):
        self.house = house
        self.name = name
        self.folder = folder or house.path(name)
        self.port = free_port()
        self.process = None
        self.line = None
        self.env = {}
        os.makedirs(self.folder, exist_ok=True)

    @property
    def endpoint(self):
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def program(self):
        return self.house.program("seinhuisd")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    # ---- making and configuring it ---------------------------------------------

    def init(self, operator, fingerprint=None, display_name="Test"):
        """Makes keys and a configuration; gives the line for the governance.
        fingerprint: 64 hex digits, or configure() says it later."""
        argv = [self.program, "--dir", self.folder, "--init", "--name",
                display_name, "--listen", self.endpoint, "--endpoint",
                self.endpoint, "--operator", operator]
        if fingerprint:
            argv += ["--governance", fingerprint]
        self.line = run(argv, self.house.env()).out.strip()
        self.configure("log", file=self.path("broker.log"))
        return self.line

    def configure(self, section, **values):
        """Sets keys of a section of the configuration; reload() or a restart
        makes the broker read it."""
        path = self.path("seinhuisd.conf")
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        wanted = {key: f"{key} = {value}" for key, value in values.items()}
        result, here = [], None
        for line in lines:
            if line.startswith("["):
                here = line.strip("[] ")
            key = line.lstrip("#").partition("=")[0].strip()
            if here == section and "=" in line and key in wanted:
                line = wanted.pop(key)
            result.append(line)
        at = result.index(f"[{section}]") + 1
        result[at:at] = wanted.values()
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(result) + "\n")

    def publish(self, signed_bytes, name):
        """Puts a signed directory where the broker looks; name ends in
        .dir.  A broker that runs takes it at reload()."""
        os.makedirs(self.path("incoming"), exist_ok=True)
        self.house.put_file(self.path("incoming", name), signed_bytes)

    # ---- its life ---------------------------------------------------------------------

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, wait=True, **env):
        """Starts it; env: more variables for this and later starts, None takes
        one away.  With wait, returns when it is ready."""
        if self.running:
            raise Failed("the broker runs already")
        self.env.update(env)
        out = open(self.path("broker.out"), "wb")
        err = open(self.path("broker.err"), "ab")
        with out, err:
            self.process = subprocess.Popen(
                [self.program, "--dir", self.folder],
                env=self.house.env(self.env), stdin=subprocess.DEVNULL,
                stdout=out, stderr=err)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout_s=PATIENCE_S):
        def ready():
            if self.process.poll() is not None:
                # Not Failed: this will not mend by waiting.
                raise RuntimeError(
                    f"the broker ended with {self.process.returncode}:\n"
                    f"{self.said()}{self.log()}")
            return "ready on" in self._text("broker.out")
        wait_for(ready, "the broker to be ready", timeout_s)

    def stop(self, timeout_s=PATIENCE_S):
        """SIGTERM: drains and ends; gives its exit status."""
        return self._end(signal.SIGTERM, timeout_s)

    def kill(self):
        """SIGKILL."""
        return self._end(signal.SIGKILL, PATIENCE_S)

    def wait_end(self, timeout_s=PATIENCE_S):
        """Waits until it ends by itself (a fail point); gives its status."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Failed("the broker did not end") from error

    def _end(self, number, timeout_s):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise Failed(f"the broker did not end by signal {number}:\n"
                         f"{self.log()}") from error

    def restart(self, **env):
        status = self.stop()
        self.start(**env)
        return status

    # ---- asking it ----------------------------------------------------------------------

    def admin(self, *command, check=0):
        return run([self.program, "--dir", self.folder, "--admin", *command],
                   self.house.env(), check)

    def status(self):
        return self.admin("status").json()

    def reload(self, check=0):
        """Reads configuration and incoming directories; gives its answer."""
        return self.admin("reload", check=check)

    def version(self):
        """The version of the directory in force."""
        return self.status()["directory"]["version"]

    def wait_status(self, condition, what):
        """Asks for its status until condition(status) is true."""
        def holds():
            status = self.status()
            if not condition(status):
                raise Failed(json.dumps(status))
            return status
        return wait_for(holds, what)

    def _text(self, name):
        try:
            with open(self.path(name), encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log(self):
        return self._text("broker.log")

    def said(self):
        """Standard error of all its starts."""
        return self._text("broker.err")

    def wait_log(self, text, since=0):
        """Waits until the log holds text behind its first `since` signs."""
        return wait_for(lambda: text in self.log()[since:],
                        f"{text!r} in the broker's log")

    def files(self):
        """Every file of its folder: path relative to it -> bytes."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.folder)] = file.read()
                except OSError:  # a socket, or gone meanwhile
                    continue
        return found


class Seinhuis:
    """The whole house; see the head of this file."""

    def __init__(self, build, keep=None):
        self.build = os.path.abspath(build)
        self.keep = keep
        self.folder = keep or tempfile.mkdtemp(prefix="seinhuis-")
        os.makedirs(self.folder, exist_ok=True)
        self.clock = Clock(self.path("clock"))
        self.broker = Broker(self)
        self.brokers = [self.broker]
        self.children = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()

    def close(self):
        """Ends every process that was started here, and removes the folder."""
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        for broker in self.brokers:
            if broker.running:
                broker.kill()
        if self.keep is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def program(self, name):
        path = os.path.join(self.build, "bin", name)
        if not os.path.exists(path):
            raise Failed(f"{path} is not built")
        return path

    def env(self, more=None):
        """The environment of every program here: the test clock, nothing of the
        person who runs the tests."""
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("SEIN_HOME", "SEIN_KEY", "XDG_"))}
        env.update(SEIN_TEST_CLOCK=self.clock.path, SEIN_LANG="en",
                   LC_ALL="C.UTF-8", HOME=self.folder,
                   XDG_RUNTIME_DIR=self.folder)
        for name, value in (more or {}).items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env

    @staticmethod
    def put_file(path, data):
        """Writes a file that is there whole or not at all."""
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)

    def spawn(self, argv, env=None, **options):
        """Starts a program that is ended with the house."""
        child = subprocess.Popen(argv, env=self.env(env), **options)
        self.children.append(child)
        return child
