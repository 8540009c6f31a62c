"""Sections 16 to 18: a member whose desks leave presences and meet others.

    one.take_pack(data)
    own = one.present("jeugd", desk, presence.ADDRESS, "1506AB/12//")
    met = one.read()              # Met: a notice
    one.accept(met)
    met = one.read()              # Met: revealed, its deposit verified
    one.introduce(met, "Jo, 075-1")
"""

import random
import secrets

from . import (client, content, evaluation, household, letter, member,
               names, presence)
from .errors import SeinError

LIFE_MS = 80 * names.DAY_MS


class Own:
    """A presence of ours that the broker took."""

    def __init__(self, desk, keys, link, deposit, presence_id, verdict):
        self.desk, self.keys, self.link = desk, keys, link
        self.deposit, self.id = deposit, presence_id
        self.verdict = verdict


class Met:
    """A match item, verified: type NOTICE (other is a note), REVEALED (other is
    presence.Other) or ENDED (None)."""

    def __init__(self, fields, own, other):
        self.type, self.match_id = fields["type"], fields["match_id"]
        self.event_id, self.at = fields["event_id"], fields["at"]
        self.own, self.other = own, other
        self.deposit = fields["deposit"]

    @property
    def desk(self):
        """Of the other side, once it was revealed."""
        return self.other.core["desk"]


class Meeter(member.Member):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.actor = secrets.token_bytes(16)
        self.packs = {}
        self.own = {}
        # Holders whose answer was wrong: (desk, word).
        self.culprits = []

    def take_pack(self, data):
        fields = household.read_pack(data, self.directory, self.clock())
        self.packs[fields["circle"], fields["epoch"]] = fields
        return fields

    # ---- from handles to keys -----------------------------------------------------

    def epoch_now(self, circle):
        found = self.directory.epoch_now(circle, self.clock())
        if found is None:
            raise SeinError("epoch_not_open")
        return evaluation.Epoch(found["record"])

    def evaluate(self, circle, desk, items, holders=None):
        """household.Keys of each evaluation.Item.  holders: whom to ask, by
        index and in that order; all in random order when it is not given."""
        epoch = self.epoch_now(circle)
        fields = self.packs.get((circle, epoch.number))
        if fields is None:
            raise SeinError("pack_missing")
        asker = evaluation.Asker(epoch, fields["pepper"], items)
        order = list(holders or random.sample(sorted(epoch.holders),
                                              len(epoch.holders)))
        refusal = SeinError("shares_too_few")
        while order and not asker.done:
            try:
                self.ask_holder(asker, order.pop(0), desk)
            except SeinError as error:
                refusal = error
        if not asker.done:
            raise refusal
        return asker.finish()

    def ask_holder(self, asker, index, desk):
        holder = asker.epoch.holders[index]
        request = asker.request(index, desk, self.key_id,
                                self.directory.version, self.clock(),
                                self.actor)
        reply, signature = self.connection.eval(
            holder, request, self.sign.sign("eval-req", request))
        try:
            asker.take(index, request, reply, signature, self.directory,
                       self.clock())
        except SeinError as error:
            if error.word in ("keyholder_wrong", "proof_wrong"):
                self.culprits.append((holder, error.word))
            raise

    # ---- presences ------------------------------------------------------------------

    def present(self, circle, desk, link, canonical, label="", life=LIFE_MS,
                holders=None):
        """Evaluates one handle and registers under its tag."""
        presence_id = secrets.token_bytes(16)
        item = evaluation.Item(household.HANDLE_OF_LINK[link], canonical,
                               presence_id)
        [keys] = self.evaluate(circle, desk, [item], holders)
        now = self.clock()
        return self.register(presence.Draft(
            self.directory, keys, desk, self.key_id, link, now, now + life,
            label, presence_id))

    def register(self, draft, deposit=None):
        """Puts a draft, and verifies the receipt."""
        deposit = deposit or draft.seal(self.sign)
        desk, keys = draft.core["desk"], draft.keys
        verdict = self.connection.presence_put(
            [(desk, keys.tag, deposit, draft.presence_id)])[0]
        if verdict.word not in ("ok", "duplicate"):
            raise SeinError(verdict.word, f"at {verdict.at}")
        self.check_receipt(verdict, "presence", draft.presence_id,
                           presence.put_item(desk, keys.tag, deposit))
        own = Own(desk, keys, draft.core["link"], deposit, draft.presence_id,
                  verdict)
        self.own[own.id] = own
        return own

    def _operate(self, verb, kind, desk, wanted):
        op_id = secrets.token_bytes(16)
        [verdict] = verb([(desk, wanted, op_id)])
        if verdict.word == "ok":
            self.check_receipt(verdict, kind, op_id,
                               presence.op_item(desk, wanted, op_id))
        return verdict.word

    def withdraw_presence(self, own):
        """The word; with a receipt that verifies when it was there."""
        return self._operate(self.connection.presence_withdraw,
                             "presence-withdraw", own.desk, own.id)

    def accept(self, met):
        return self._operate(self.connection.match_accept, "accept",
                             met.own.desk, met.match_id)

    # ---- what comes ---------------------------------------------------------------------

    def read(self, timeout_s=None):
        """The next delivery, acknowledged; a Met for a match."""
        if self.connection.wait(lambda: self.connection.delivered,
                                "a delivery", timeout_s)[0]["type"] \
                != client.MATCH:
            return super().read(timeout_s)
        delivery = self.connection.take()
        met = self.read_match(delivery["item"])
        self.connection.ack([delivery])
        return met

    def read_match(self, item):
        fields = presence.MATCH_ITEM.decode(item)
        own = self.own.get(fields["presence_id"])
        if own is None or fields["desk"] != own.desk:
            raise SeinError("presence_not_ours", "a match of no presence")
        if (fields["circle"], fields["epoch"]) != (own.keys.circle,
                                                   own.keys.epoch):
            raise SeinError("presence_not_ours", "of another epoch")
        other = None
        if fields["type"] == presence.NOTICE:
            other = presence.read_note(fields["deposit"], own.keys)
        elif fields["type"] == presence.REVEALED:
            other = self.read_revealed(fields, own)
        elif fields["type"] != presence.ENDED or fields["deposit"]:
            raise SeinError("wire_malformed", "a match of an unknown type")
        return Met(fields, own, other)

    def read_revealed(self, fields, own):
        def read():
            return presence.read_deposit(fields["deposit"], own.keys,
                                         self.directory, self.clock())
        try:
            other = read()
        except SeinError as error:
            if error.word != "directory_newer_known":
                raise
            self.fetch_directory()
            other = read()
        desk = other.core["desk"]
        if desk == own.desk:
            raise SeinError("presence_not_ours", "of oneself")
        self.learn_pair(own, desk)
        return other

    # ---- section 16 ------------------------------------------------------------------------

    def learn_pair(self, own, other_desk):
        """Both sides know the thread of a pair from the match."""
        keys = own.keys
        thread = keys.pair_thread(own.desk, other_desk)
        if thread not in self.reader.threads:
            psk = letter.PskKey(keys.ki, keys.tag, keys.circle, keys.epoch)
            if psk not in self.reader.psks:
                self.reader.psks.append(psk)
            self.reader.threads[thread] = content.Thread(
                content.INTRODUCTION, own.desk, other_desk, psk)
        return thread

    def introduce(self, met, contact="", **change):
        """Sends the introduction; gives the draft."""
        return self.write_to(met, content.INTRODUCTION, {
            "at": self.clock(), "contact": contact,
            "deposit": met.own.deposit} | change)

    def write_to(self, met, kind, value):
        return self.send(met.own.keys.circle, met.own.desk, met.desk, kind,
                         value, met.own.keys.pair_thread(met.own.desk,
                                                         met.desk))

    def check_introduction(self, opened, met):
        """That the deposit in it is the sender's, under our tag."""
        other = presence.read_deposit(opened.content["deposit"], met.own.keys,
                                      self.directory, self.clock())
        if other.core["desk"] != opened.sender:
            raise SeinError("not_a_party", "another desk's deposit")
        return other
