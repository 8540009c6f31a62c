"""Section 12: the error list."""

WORDS = {
    0: "ok", 1: "unknown", 2: "internal", 3: "no_memory", 4: "not_supported",
    5: "absent", 6: "exists", 7: "io", 8: "disk_full", 9: "too_long",
    10: "out_of_range", 11: "bad_format", 12: "cancelled", 13: "timeout",
    20: "wire_malformed", 21: "version_unknown", 22: "kind_unknown",
    23: "suite_unknown", 24: "wire_depth", 25: "wire_trailing",
    26: "wire_not_canonical",
    40: "signature_wrong", 41: "key_unknown", 42: "key_revoked",
    43: "key_retired", 44: "key_not_yet", 45: "member_left",
    46: "member_unknown", 47: "desk_unknown", 48: "desk_not_yours",
    49: "circle_unknown", 50: "circle_ended", 51: "role_missing",
    52: "directory_expired", 53: "directory_rolled_back",
    54: "directory_chain_broken", 55: "directory_under_signed",
    56: "fingerprint_differs", 57: "directory_invalid",
    58: "directory_newer_known", 59: "prekey_rolled_back",
    60: "prekey_absent", 61: "receipt_wrong", 62: "head_chain_broken",
    63: "label_too_small", 64: "epoch_not_open", 65: "link_not_allowed",
    66: "holders_not_apart", 67: "epoch_record_wrong",
    70: "postcode_invalid", 71: "huisnummer_invalid",
    72: "toevoeging_invalid", 73: "aanduiding_invalid", 74: "bsn_invalid",
    75: "name_invalid", 76: "date_invalid", 77: "oin_invalid",
    78: "not_utf8", 79: "letter_not_for_us", 80: "letter_padding",
    81: "letter_header_differs", 82: "letter_expired", 83: "letter_seen",
    84: "clock_differs", 85: "point_refused", 86: "content_invalid",
    87: "not_a_party",
    88: "scalar_refused",
    89: "proof_wrong",
    90: "shares_too_few",
    91: "share_wrong",
    92: "presence_not_ours",
    93: "pepper_differs",
    94: "normaliser_differs",
    95: "keyholder_wrong",
    96: "regie_held",
    100: "no_session", 101: "desk_read_elsewhere", 102: "quota_exceeded",
    103: "busy", 104: "duplicate", 105: "id_reused",
    106: "already_delivered", 107: "not_outstanding", 108: "letter_size",
    109: "letter_life", 110: "row_damaged", 111: "deposit_contradicts",
    112: "keyholder_away", 113: "presence_life",
    140: "home_missing", 141: "home_in_use", 142: "passphrase_wrong",
    143: "home_sealed", 144: "broker_unreachable", 145: "not_admitted",
    146: "not_joined", 147: "attestation_missing", 148: "informed_missing",
    149: "no_desk_for_postcode", 150: "code_unknown",
    151: "shielded_needs_desk", 152: "column_unknown", 153: "field_missing",
    154: "source_id_twice", 155: "withdrawn", 156: "closed",
    157: "home_damaged", 158: "usage", 159: "configuration",
    160: "csv_quotes", 161: "handle_missing", 162: "note_too_long",
    163: "desk_ambiguous", 164: "csv_fields", 165: "csv_empty",
    166: "column_twice", 167: "column_missing",
    168: "pack_missing",
}
NUMBERS = {word: number for number, word in WORDS.items()}


class SeinError(Exception):
    """What went wrong, as one word of the list; detail is for the reader of a
    failed test."""

    def __init__(self, word, detail=""):
        super().__init__(f"{word}: {detail}" if detail else word)
        assert word in NUMBERS, word
        self.word = word
        self.detail = detail

    @property
    def number(self):
        return NUMBERS[self.word]


def word_of(number):
    return WORDS.get(number, "unknown")
