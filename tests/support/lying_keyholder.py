"""A keyholder that answers as the test says: it has a real share and a key of
its own in the directory, and speaks the protocol with the second
implementation.

    holders = Keyholders(town, "jeugd", n=3, t=2, played=1)
    holders.make_key("wijkteam")
    liar = LyingKeyholder(holders, 2)     # the third one, whom nobody plays yet
    town.sign_and_publish()               # its key is in the directory
    liar.start()                          # returns when the broker knows it
    liar.behave("wrong_proof")
    ...
    liar.asked                            # the requests that it got, in order
    liar.stop()

It runs in a thread of the test.  Behaviours:

    honest         what it should
    wrong_key      evaluates with another key, and proves that rightly
    wrong_element  one element is another, the proof that of the right ones
    wrong_proof    a proof of nothing
    no_element     an element that is none
    fewer          one element too few
    other_index    says that it is another holder
    other_reply    the reply of the request before
    stranger       signs with a key that nobody admitted
    noise          bytes that are no reply
    refuse         refuses, signed: busy
    twice          the right answer two times
    late           the right answer, when release() is called
    silent         none
"""

import os
import sys
import threading

from keyholders import ADMISSION, DESK
from seinhuis import PATIENCE_S, Failed, wait_for

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                             "interop"))
from seinpy import crypto, directory, evaluation, member  # noqa: E402
from seinpy import names, oprf, pack  # noqa: E402
from seinpy import ristretto as group  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402

# What `sein keyholder ceremony --share` writes.
SHARE = pack.Array(v=pack.Uint(1, 1), circle=names.CIRCLE,
                   epoch=directory.EPOCH_NUMBER, index=pack.Uint(1, 16),
                   share=names.KEY)
WINDOW = 8
TURN_S = 0.1
PING_MS = 10_000


class LyingKeyholder:
    def __init__(self, holders, at):
        self.town = holders.town
        self.desk = holders.desks[at]
        self.member = member.Member(names.oin_of(self.desk), "Sleutelhouder",
                                    [DESK], self.town.clock.now_ms)
        with open(holders.share(at), "rb") as file:
            share = SHARE.decode(file.read())
        self.index = share["index"]
        self.holder = evaluation.Holder(
            self.desk, self.index, group.read_scalar(share["share"]),
            self.member.sign)
        self.town.govern("admit", self.member.join_line(), "--fingerprint",
                         directory.readable(self.member.key_id), *ADMISSION)
        self.asked = []
        self.before = None
        self.behaviour = self.honest
        self.released = threading.Event()
        self.stopping = threading.Event()
        self.ready = threading.Event()
        self.failed = None
        self.thread = None

    # ---- its life ---------------------------------------------------------------

    def start(self):
        line = self.town.govern("invite", "--quiet").out.strip()
        self.stopping.clear()
        self.ready.clear()
        self.thread = threading.Thread(target=self._run, args=(line,),
                                       daemon=True)
        self.thread.start()
        wait_for(lambda: self.ready.is_set() or self.failed,
                 "the playing keyholder to be ready")
        self._check()
        return self

    def stop(self):
        if self.thread is None:
            return
        self.stopping.set()
        self.released.set()
        self.thread.join(PATIENCE_S)
        self.thread = None
        self._check()

    def _check(self):
        if self.failed:
            raise Failed(f"the playing keyholder ended: {self.failed!r}")

    def behave(self, name):
        """From the next request on; what waited is let go."""
        self.released.set()
        self.released = threading.Event()
        self.behaviour = getattr(self, name)
        return self

    def release(self):
        self.released.set()

    def wait_asked(self, count=1):
        wait_for(lambda: self.failed or len(self.asked) >= count,
                 f"{count} requests")
        self._check()

    # ---- in the thread ------------------------------------------------------------

    def _run(self, line):
        try:
            self.member.connect(line)
            self._serve(self.member.connection)
        except Exception as error:  # pylint: disable=broad-except
            self.failed = error
        finally:
            self.member.close()

    def _serve(self, connection):
        connection.hello(self.member.home_id, [],
                         self.member.directory.version)
        connection.eval_ready(self.desk, WINDOW)
        # Answered after eval_ready was read.
        connection.ping()
        self.ready.set()
        waiting, pinged = [], self.member.clock()
        while not self.stopping.is_set():
            waiting = [one for one in waiting if not self._let_go(one)]
            if self.member.clock() - pinged > PING_MS:
                connection.ping()
                pinged = self.member.clock()
            try:
                asked = connection.take_asked(TURN_S)
            except SeinError as error:
                if error.word != "timeout":
                    raise
                continue
            self.asked.append(asked["request"])
            released = self.released
            late = self.behaviour(asked, *self._right(asked))
            if late:
                waiting.append((asked["ticket"], late, released))
        self._leave(connection)

    def _leave(self, connection):
        connection.eval_ready(self.desk, 0)
        connection.bye()

    def _let_go(self, one):
        ticket, answer, released = one
        if released.is_set():
            self.member.connection.eval_answer(ticket, *answer)
        return released.is_set()

    def _right(self, asked):
        """(reply, signature) of an honest one."""
        def answer():
            return self.holder.answer(asked["request"], asked["signature"],
                                      self.member.directory,
                                      self.member.clock())
        newer = evaluation.REQUEST.decode(asked["request"])["dir_version"]
        if newer > self.member.directory.version:
            self.member.fetch_directory()
        return answer()

    def _send(self, asked, reply, signature):
        self.member.connection.eval_answer(asked["ticket"], reply, signature)

    def _change(self, asked, reply, **change):
        data = evaluation.REPLY.encode(evaluation.REPLY.decode(reply) | change)
        self._send(asked, data, self.member.sign.sign("eval-resp", data))

    @staticmethod
    def _elements(reply):
        return evaluation.REPLY.decode(reply)["evaluated"]

    # ---- behaviours: (the eval_ask, the right reply, its signature) -----------------

    def honest(self, asked, reply, signature):
        self.before = (reply, signature)
        self._send(asked, reply, signature)

    def wrong_key(self, asked, reply, _):
        secret = group.random_scalar()
        blinded = oprf.read_points(
            evaluation.REQUEST.decode(asked["request"])["blinded"])
        made = oprf.evaluate(secret, blinded)
        proof = oprf.prove(secret, secret * group.GENERATOR, blinded, made)
        self._change(asked, reply, proof=proof,
                     evaluated=[one.encode() for one in made])

    def wrong_element(self, asked, reply, _):
        elements = self._elements(reply)
        elements[-1] = (group.random_scalar() * group.GENERATOR).encode()
        self._change(asked, reply, evaluated=elements)

    def wrong_proof(self, asked, reply, _):
        self._change(asked, reply, proof=group.write_scalar(
            group.random_scalar()) * 2)

    def no_element(self, asked, reply, _):
        self._change(asked, reply, evaluated=[
            bytes(32) for _ in self._elements(reply)])

    def fewer(self, asked, reply, _):
        self._change(asked, reply, evaluated=self._elements(reply)[1:])

    def other_index(self, asked, reply, _):
        self._change(asked, reply, index=1 if self.index != 1 else 2)

    def other_reply(self, asked, reply, signature):
        """When there was none yet: of a request that nobody made."""
        before, self.before = self.before, (reply, signature)
        if before:
            self._send(asked, *before)
        else:
            self._change(asked, reply, req_id=os.urandom(16),
                         request=os.urandom(32))

    def stranger(self, asked, reply, _):
        self._send(asked, reply, crypto.SignKey().sign("eval-resp", reply))

    def noise(self, asked, *_):
        data = os.urandom(200)
        self._send(asked, data, self.member.sign.sign("eval-resp", data))

    def refuse(self, asked, *_):
        self._send(asked, *self.holder.refuse(asked["request"], "busy"))

    def twice(self, asked, reply, signature):
        self._send(asked, reply, signature)
        self._send(asked, reply, signature)

    def late(self, _, reply, signature):
        return reply, signature

    def silent(self, *_):
        pass


# What each tells an asker of this holder; None: nothing is wrong with it.
LIES = {"wrong_key": "proof_wrong", "wrong_element": "proof_wrong",
        "wrong_proof": "proof_wrong", "no_element": "keyholder_wrong",
        "fewer": "keyholder_wrong", "other_index": "keyholder_wrong",
        "other_reply": "keyholder_wrong", "stranger": "keyholder_wrong",
        "noise": "keyholder_wrong"}
