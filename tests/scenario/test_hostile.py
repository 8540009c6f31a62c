#!/usr/bin/python3
"""Strangers at the door: nobody who is not let in costs the members anything.

# tests/run: limit=900 builds=test,san

Silent connections, half handshakes, other mechanisms, unknown keys, rubbish of
every sort, and messages that announce more than they bring.  After each the
members are served, the broker is the same process, and its memory has not
grown by what was announced.  What a member itself can send wrong is in
tests/interop/test_broker.py.
"""

import contextlib
import os
import random
import resource
import socket
import struct
import sys
import time
import unittest
import urllib.request

import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import SAN, Failed, free_port  # noqa: E402
from seinpy import client, member  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

SILENT = 2_000
GREETING = (b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01" + b"CURVE".ljust(20, b"\0")
            + bytes(32))
MEMORY_SLACK_MB = 64 if SAN else 24


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 2 * SILENT:
            raise Failed(f"this test opens {SILENT} connections, and only "
                         f"{hard} files may be open; raise ulimit -Hn")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        town = cls.town = Town(tap.build, ("corporatie", "wijkteam"))
        cls.number = 0
        cls.metrics_port = free_port()
        town.broker.configure("metrics",
                              listen=f"127.0.0.1:{cls.metrics_port}")
        cls.invitation = town.govern("invite", "--quiet").out.strip()
        cls.member = member.Member(OINS["energie"], "energie", ["incasso"],
                                   town.clock.now_ms)
        town.govern("admit", cls.member.join_line(), "--yes",
                    *ROLES["energie"])
        town.sign_and_publish()
        town.broker.restart()

    @classmethod
    def tearDownClass(cls):
        cls.member.close()
        cls.town.close()

    def setUp(self):
        self.pid = self.town.broker.process.pid
        self.memory = self.memory_mb()

    def tearDown(self):
        self.served()

    def served(self):
        """A signal goes from one home to another, by the same process."""
        type(self).number += 1
        source_id = f"HA-{self.number}"
        self.town.home("corporatie").signal(source_id, "huur", "1506AB", "12")
        self.assertIn(source_id, self.town.home("wijkteam").signals())
        self.assertTrue(self.town.broker.running)
        self.assertEqual(self.town.broker.process.pid, self.pid)
        self.assertLess(self.memory_mb() - self.memory, MEMORY_SLACK_MB)

    def memory_mb(self):
        with open(f"/proc/{self.town.broker.process.pid}/status",
                  encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["RssAnon"].split()[0]) / 1024

    def metric(self, name):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.metrics_port}/metrics",
                timeout=20) as answer:
            text = answer.read().decode()
        return sum(float(line.rpartition(" ")[2])
                   for line in text.splitlines()
                   if line.startswith(name) and not line.startswith("#"))

    def dial(self):
        return socket.create_connection(("127.0.0.1", self.town.broker.port),
                                        20)

    def connected(self, stack, count, first=b""):
        sockets = []
        for _ in range(count):
            one = stack.enter_context(self.dial())
            if first:
                one.sendall(first)
            sockets.append(one)
        return sockets

    # ---- before the handshake -----------------------------------------------

    def test_silent_connections(self):
        """They stay open while members are served."""
        with contextlib.ExitStack() as stack:
            self.connected(stack, SILENT)
            self.memory = self.memory_mb()
            start = time.monotonic()
            self.served()
            self.assertLess(time.monotonic() - start, 60)

    def test_half_handshakes(self):
        with contextlib.ExitStack() as stack:
            self.connected(stack, 300, GREETING[:10])
            self.connected(stack, 300, GREETING)
            self.connected(stack, 300, GREETING + b"\x04\xc8\x05HELLO")
            self.memory = self.memory_mb()
            self.served()

    def test_rubbish(self):
        choose = random.Random(7)
        for length in (1, 9, 64, 1000, 100_000):
            for _ in range(10):
                with contextlib.suppress(ConnectionError), self.dial() as one:
                    one.sendall(choose.randbytes(length))
        with contextlib.suppress(ConnectionError), self.dial() as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_a_frame_that_announces_gigabytes(self):
        """A long ZMTP frame of 2^40 bytes, of which nothing follows."""
        with contextlib.ExitStack() as stack:
            for first in (GREETING + b"\x06" + struct.pack(">Q", 1 << 40),
                          GREETING + b"\x02" + struct.pack(">Q", 1 << 31)):
                self.connected(stack, 20, first)
            self.served()

    def endless(self, mechanism):
        """A peer with another mechanism: whether it ever gets an answer."""
        context = zmq.Context()
        one = context.socket(zmq.DEALER)
        one.linger = 0
        try:
            if mechanism == "PLAIN":
                one.plain_username, one.plain_password = b"x", b"y"
            one.connect(self.town.broker.endpoint)
            frame = client.Client.frame(client.PING, {}, 1)
            with contextlib.suppress(zmq.Again):
                one.send(frame, zmq.DONTWAIT)
            return one.poll(1000) != 0
        finally:
            one.close()
            context.term()

    def test_other_mechanisms(self):
        self.assertFalse(self.endless("NULL"))
        self.assertFalse(self.endless("PLAIN"))

    def test_unknown_keys(self):
        before = self.metric("seinhuis_connections_refused_total")
        for _ in range(20):
            stranger = member.Member(OINS["school"], "school", ["x"],
                                     self.town.clock.now_ms)
            with self.assertRaises(SeinError) as caught:
                stranger.connect(self.invitation)
            self.assertEqual(caught.exception.word, "not_admitted")
            stranger.close()
        self.assertGreaterEqual(
            self.metric("seinhuis_connections_refused_total") - before, 20)

    # ---- a member that turned bad -------------------------------------------

    def test_announced_sizes_allocate_nothing(self):
        """Arrays, maps, texts and byte strings of up to 4 GiB in four bytes,
        alone, as a body, and in a body."""
        self.member.connect(self.invitation)
        self.member.hello()
        wire = self.member.connection
        heads = [bytes([tag]) + struct.pack(">I", size)
                 for tag in (0xdd, 0xdf, 0xdb, 0xc6, 0xc9)
                 for size in (0x10000000, 0x7fffffff, 0xffffffff)]
        for head in heads:
            for before in (b"", bytes.fromhex("94010a07"),
                           bytes.fromhex("94010a079192")):
                for _ in range(20):
                    wire.send_raw(before + head)
        self.assertIn("now", self.until_pong(wire))
        self.assertLess(self.memory_mb() - self.memory, MEMORY_SLACK_MB)
        self.member.close()

    def until_pong(self, wire):
        req = wire.send(client.PING, {})
        return wire.answer(req, timeout_s=30)[1]

    def test_what_is_no_frame_is_counted(self):
        self.member.connect(self.invitation)
        self.member.hello()
        wire = self.member.connection
        parts = self.metric("seinhuis_dropped_multipart_total")
        bad = self.metric("seinhuis_frames_bad_total")
        for _ in range(50):
            wire.send_raw(b"", wire.frame(client.PING, {}, 3))
            wire.send_raw(b"\xc1")
        self.until_pong(wire)
        self.assertEqual(
            self.metric("seinhuis_dropped_multipart_total") - parts, 50)
        self.assertEqual(self.metric("seinhuis_frames_bad_total") - bad, 50)
        self.member.close()

    def test_before_hello(self):
        """No verb but the directory works without a session."""
        self.member.connect(self.invitation)
        wire = self.member.connection
        desk = self.member.desk("incasso")
        for kind, body in ((client.PUT, [[desk, b"x" * 1228]]),
                           (client.WITHDRAW, [[desk, bytes(16), bytes(16)]]),
                           (client.CREDIT, [10]),
                           (client.ACK, [[1, desk, 0]])):
            with self.subTest(kind):
                with self.assertRaises(SeinError) as caught:
                    wire.answer(wire.send(kind, body))
                self.assertEqual(caught.exception.word, "no_session")
        self.member.close()

    def test_somebody_elses_desk(self):
        """The identity in the body is judged by the key of the connection."""
        self.member.connect(self.invitation)
        self.member.hello()
        other = OINS["corporatie"] + "/incasso"
        statement, _ = self.member.prekey_of(OINS["wijkteam"] + "/noord")
        draft = self.member.draft(
            "schulden", self.member.desk("incasso"),
            OINS["wijkteam"] + "/noord", 1, {
                "source_id": "EN-1", "kind": "gas", "informed": 1,
                "postcode": "1506AB", "huisnummer": "1",
                "contact_tried": "2026-10-01",
                "help_pointed_out": "2026-10-02",
                "reminder_sent": "2026-10-03", "offer_made": "2026-10-04"})
        letter = draft.seal(self.member.sign, statement.fields)
        verdict = self.member.connection.put(
            [(other, letter, draft.letter_id)])[0]
        self.assertIn(verdict.word, ("desk_not_yours", "desk_unknown"))
        self.member.close()

    def test_the_log_stays_blind(self):
        log = self.town.broker.log()
        for word in ("1506AB", "huur", "HA-1"):
            self.assertNotIn(word, log)


if __name__ == "__main__":
    tap.main()
