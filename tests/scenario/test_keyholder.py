#!/usr/bin/python3
"""sein-keyholder and its broker: making keys, being admitted, serving, stopping.

# tests/run: limit=300 builds=test,san

What it evaluates is tested by tests/unit/client/keyholder; here real programs
meet: who is not admitted is told so, the newest directory is followed without
a restart, one program serves a desk, and bad input is a clear error.
"""

import os
import signal
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from keyholders import ADMISSION, Keyholder  # noqa: E402
from town import Town  # noqa: E402

DESK = "00000099000000070000/sleutels"
USAGE, NO_INPUT, TRY_LATER, CONFIG = 64, 66, 75, 78


class Case(unittest.TestCase):
    def setUp(self):
        self.town = Town(tap.build, ("corporatie", "wijkteam"))
        self.addCleanup(self.town.close)
        self.holder = Keyholder(self.town, "houder", DESK)

    def admit(self, request, fingerprint, role):
        self.town.govern("admit", request, "--fingerprint", fingerprint,
                         *ADMISSION, "--role", role)

    def test_its_life(self):
        request, fingerprint = self.holder.init()
        self.assertEqual(self.holder.init()[1], fingerprint)
        program = self.holder.start()
        self.holder.wait_said("event=not_admitted")
        self.admit(request, fingerprint, "jeugd=keyholder")
        self.town.sign_and_publish()
        self.holder.wait_said("event=ready")
        self.town.broker.wait_log("keyholder_ready")
        self.assertIsNone(program.poll())
        # A second program of the same folder waits for its turn in vain.
        self.assertIn("another program", self.holder.run(check=TRY_LATER).err)
        # The broker is away and comes back.
        ready = self.holder.said().count("event=ready")
        self.town.broker.restart()
        self.holder.wait_said("event=disconnected")
        self.holder.wait_said("event=ready", ready + 1)
        since = len(self.town.broker.log())
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(20), 0)
        self.town.broker.wait_log("keyholder_gone", since)
        audit = self.holder.run("audit").out
        self.assertTrue(audit.startswith("log: 0 requests, whole"), audit)

    def test_revoked(self):
        request, fingerprint = self.holder.init()
        self.admit(request, fingerprint, "jeugd=keyholder")
        self.town.sign_and_publish()
        self.holder.start()
        self.holder.wait_said("event=ready")
        self.town.govern("revoke", fingerprint.replace(" ", ""))
        self.town.sign_and_publish()
        self.holder.wait_said("event=disconnected reason=key_revoked")
        self.holder.wait_said("event=not_admitted")

    def test_no_keyholder(self):
        request, fingerprint = self.holder.init()
        self.admit(request, fingerprint, "jeugd=watch")
        self.town.sign_and_publish()
        self.holder.start()
        self.holder.wait_said("event=not_a_keyholder reason=role_missing")

    def test_bad_input(self):
        holder = self.holder
        self.assertIn("run init first", holder.run(check=CONFIG).err)
        self.assertIn("--help", holder.run("dance", check=USAGE).err)
        self.assertIn("--help", holder.run("share", check=USAGE).err)
        holder.run("audit", check=NO_INPUT)
        holder.init()
        self.assertIn("2026-01-31",
                      holder.run("audit", "gisteren", check=CONFIG).err)
        holder.run("share", "/nonexistent", check=NO_INPUT)
        share = os.path.join(holder.folder, "share")
        with open(share, "wb") as file:
            file.write(b"no share")
        os.chmod(share, 0o644)
        holder.run("share", share, check=CONFIG)
        os.chmod(share, 0o600)
        holder.run("share", share, check=CONFIG)
        with open(holder.config, encoding="utf-8") as file:
            text = file.read()
        holder.write(text.replace("window", "windows"))
        said = holder.run("check", check=CONFIG).err
        self.assertIn('line 6: unknown key "windows"', said)
        self.assertIn('did you mean "window"', said)
        os.remove(holder.config)
        self.assertIn("no such file", holder.run(check=NO_INPUT).err)

    def test_share_of_a_ceremony(self):
        """A share can be taken in before the directory says what it is."""
        holder = self.holder
        holder.init()
        share = os.path.join(holder.folder, "share")
        scalar = bytes([9] + [0] * 31)
        with open(share, "wb") as file:
            file.write(b"\x95\x01\xa5jeugd\x01\x02\xc4\x20" + scalar)
        os.chmod(share, 0o600)
        said = holder.run("share", share).out
        self.assertIn("has no record of it yet", said)
        kept = os.path.join(holder.folder, "data", "share.jeugd.1")
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        with open(kept, "rb") as file:
            self.assertNotIn(scalar[:8], file.read())


if __name__ == "__main__":
    tap.main()
