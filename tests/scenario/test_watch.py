#!/usr/bin/python3
"""`sein watch`: what comes in is told at once, and a broker that restarts does
not end it.

# tests/run: limit=300 builds=test,san
"""

import json
import os
import signal
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import Failed, wait_for  # noqa: E402
from town import Town  # noqa: E402


class Watch(unittest.TestCase):
    def setUp(self):
        self.town = Town(tap.build, ("corporatie", "wijkteam"))
        self.addCleanup(self.town.close)
        self.corp = self.town.home("corporatie")
        self.path = self.town.path("watch.out")

    def watch(self, *options):
        with open(self.path, "w", encoding="utf-8") as out:
            child = self.town.spawn(
                self.town.home("wijkteam").argv("watch", "--json", *options),
                stdout=out, stderr=subprocess.PIPE, text=True)
        self.wait_sessions(1)
        return child

    def wait_sessions(self, count):
        self.town.broker.wait_status(
            lambda status: status["sessions"] == count, f"{count} sessions")

    def events(self):
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().splitlines()]

    def wait_event(self, name, count=1):
        def there():
            seen = [one for one in self.events() if one["event"] == name]
            if len(seen) < count:
                raise Failed(str(self.events()))
            return seen
        return wait_for(there, f"{count} events {name}")

    def test_tells_at_once_and_survives_a_restart(self):
        child = self.watch()
        self.corp.signal("HA-1", "huur", "1506AB", "12")
        self.wait_event("received")
        self.town.broker.kill()
        self.town.broker.start()
        self.wait_event("connected")
        self.corp.signal("HA-2", "huur", "1506AB", "14")
        received = self.wait_event("received", 2)
        self.assertEqual(len({one["letter_id"] for one in received}), 2)
        text = json.dumps(self.events())
        self.assertNotIn("1506AB", text)  # no household on a screen or in a log
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0)
        self.assertEqual(err.count("broker_unreachable"), 1, err)

    def test_once(self):
        child = self.watch("--once")
        self.corp.signal("HA-1", "huur", "1506AB", "12")
        child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0)
        self.assertTrue(self.events())


if __name__ == "__main__":
    tap.main()
