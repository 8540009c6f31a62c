#!/usr/bin/python3
"""The VOPRF against another one, both ways round.

# tests/run: limit=300 builds=test

@noble/curves blinds what we evaluate and the other way round; each checks the
proofs of the other, and the outputs are the same.  The package comes from npm
into the build folder.
"""

import os
import random
import secrets
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402

PACKAGE = "@noble/curves@2.4.0"
HERE = os.path.dirname(os.path.abspath(__file__))
BATCHES = (1, 2, 3, 7, 31, 32)
ORDER = 2 ** 252 + 27742317777372353535851937790883648493


class Peer:
    """A program that answers one line with one line."""

    def __init__(self, *argv):
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.child.stdin.write(" ".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().split()

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait(30)


def npm_folder():
    """The folder that holds node_modules; filled once per build."""
    folder = os.path.join(tap.build, "npm")
    if not os.path.isdir(os.path.join(folder, "node_modules", "@noble")):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(
            [shutil.which("npm"), "install", "--prefix", folder,
             "--no-package-lock", "--no-audit", "--no-fund", "--silent",
             PACKAGE], check=True, timeout=240)
    return folder


class Oprf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.noble = Peer("node", os.path.join(HERE, "oprf_oracle.mjs"),
                         npm_folder())
        cls.ours = Peer(os.path.join(tap.build, "tests/interop/oprf_tool"))
        cls.random = random.Random(9497)

    @classmethod
    def tearDownClass(cls):
        cls.noble.close()
        cls.ours.close()

    def inputs(self, count):
        return [secrets.token_hex(self.random.randint(1, 64))
                for _ in range(count)]

    def keys(self):
        secret, public = self.noble.ask("keys")
        return secret, public

    def test_we_ask_and_they_evaluate(self):
        for count in BATCHES:
            secret, public = self.keys()
            inputs = self.inputs(count)
            asked = [self.ours.ask("blind", one) for one in inputs]
            blinded = [one[1] for one in asked]
            proof, *evaluated = self.noble.ask("evaluate", secret, *blinded)
            self.assertEqual(len(evaluated), count)
            self.assertEqual(
                self.ours.ask("verify", public, proof, count, *blinded,
                              *evaluated), ["ok"])
            for one, (blind, _), element in zip(inputs, asked, evaluated):
                self.assertEqual(
                    self.ours.ask("finalize", one, blind, element),
                    self.noble.ask("output", secret, one))

    def test_they_ask_and_we_evaluate(self):
        for count in BATCHES:
            secret, public = self.keys()
            inputs = self.inputs(count)
            asked = [self.noble.ask("blind", one) for one in inputs]
            proof, *evaluated = self.ours.ask(
                "evaluate", secret, *(one[1] for one in asked))
            words = [word for one, (blind, element), made
                     in zip(inputs, asked, evaluated)
                     for word in (one, blind, element, made)]
            self.assertEqual(
                self.noble.ask("finalize", public, proof, *words),
                [self.noble.ask("output", secret, one)[0] for one in inputs])

    def test_each_refuses_the_other_s_wrong_proof(self):
        secret, public = self.keys()
        _, other = self.keys()
        one = self.inputs(1)[0]
        blind, element = self.noble.ask("blind", one)
        proof, made = self.ours.ask("evaluate", secret, element)
        self.assertEqual(self.noble.ask("finalize", other, proof, one, blind,
                                        element, made)[0], "refused")
        proof, made = self.noble.ask("evaluate", secret, element)
        self.assertEqual(self.ours.ask("verify", public, proof, 1, element,
                                       made), ["ok"])
        self.assertEqual(self.ours.ask("verify", other, proof, 1, element,
                                       made), ["proof_wrong"])
        c, s = (int.from_bytes(bytes.fromhex(proof)[at:at + 32], "little")
                for at in (0, 32))
        not_reduced = (c.to_bytes(32, "little")
                       + (s + ORDER).to_bytes(32, "little")).hex()
        self.assertEqual(self.ours.ask("verify", public, not_reduced, 1,
                                       element, made), ["proof_wrong"])

    def test_both_refuse_the_same_elements(self):
        secret, _ = self.keys()
        for element in ("00" * 32, "01" + "00" * 31, "ff" * 32,
                        "ed" + "ff" * 30 + "7f", "ec" + "ff" * 30 + "7f"):
            self.assertEqual(self.ours.ask("evaluate", secret, element),
                             ["point_refused"], element)
            self.assertEqual(self.noble.ask("evaluate", secret, element)[0],
                             "refused", element)


if __name__ == "__main__":
    tap.main()
