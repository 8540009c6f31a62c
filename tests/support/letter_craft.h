/*
 * Letters made by hand, layer by layer, so that a test can spoil any of them.
 *
 * Nothing here uses blind/letter.h: this is the sender as PROTOCOL.md section 8
 * tells it, and so a second opinion on what sein_letter_seal makes.
 */
#ifndef SEIN_TESTS_SUPPORT_LETTER_CRAFT_H
#define SEIN_TESTS_SUPPORT_LETTER_CRAFT_H

#include "proto/blind/hpke.h"
#include "proto/blind/letter.h"

#define CRAFT_BODY_MAX 70000U

/** Room for one letter and its layers. */
struct craft {
    uint8_t header_bytes[512];
    uint8_t body_bytes[CRAFT_BODY_MAX];
    uint8_t plain_bytes[SEIN_LETTER_BUCKET_MAX];
    uint8_t letter_bytes[SEIN_LETTER_MAX];
    struct sein_slice header;
    struct sein_slice body;
    struct sein_slice plain;
    struct sein_slice letter;
};

/** craft_header, craft_body - encode a layer; what is not canonical fails the
 *  test. */
void craft_header(struct craft *craft, const struct sein_letter_header *header);
void craft_body(struct craft *craft, const struct sein_letter_body *body);

/** craft_plain - sign craft->body and lay it out in bucket bytes. */
void craft_plain(struct craft *craft,
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 size_t bucket);

/** craft_seal - seal craft->plain under craft->header; psk NULL: mode base. */
void craft_seal(struct craft *craft, const char *circle, uint32_t epoch,
                const uint8_t pk[static SEIN_KEY_BYTES],
                const struct sein_letter_psk *psk);

#endif
