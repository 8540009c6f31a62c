#include "tests/support/letter_craft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"

void
craft_header(struct craft *craft, const struct sein_letter_header *header)
{
    struct sein_writer out =
        sein_writer_of(craft->header_bytes, sizeof craft->header_bytes);

    assert_int_equal(
        sein_schema_encode(&sein_letter_header_schema, header, &out), SEIN_OK);
    assert_int_equal(sein_writer_done(&out, &craft->header), SEIN_OK);
}

void
craft_body(struct craft *craft, const struct sein_letter_body *body)
{
    struct sein_writer out =
        sein_writer_of(craft->body_bytes, sizeof craft->body_bytes);

    assert_int_equal(sein_schema_encode(&sein_letter_body_schema, body, &out),
                     SEIN_OK);
    assert_int_equal(sein_writer_done(&out, &craft->body), SEIN_OK);
}

void
craft_plain(struct craft *craft,
            const uint8_t secret[static SEIN_SIGN_SECRET_BYTES], size_t bucket)
{
    uint8_t signature[SEIN_SIG_BYTES];
    struct sein_writer out =
        sein_writer_of(craft->plain_bytes, sizeof craft->plain_bytes);

    assert_int_equal(
        sein_sig_make(SEIN_SIG_LETTER, craft->body, secret, signature),
        SEIN_OK);
    sein_write_u32(&out, (uint32_t)(4 + craft->body.len + sizeof signature));
    sein_write_lp32(&out, craft->body);
    sein_write_bytes(&out, signature, sizeof signature);
    assert_true(out.len <= bucket);
    sein_write_zeros(&out, bucket - out.len);
    assert_int_equal(sein_writer_done(&out, &craft->plain), SEIN_OK);
}

/* H("seinhuis/1/psk" || tag || lp(circle) || u32be(epoch)) */
static void
make_psk_id(const struct sein_letter_psk *psk, const char *circle,
            uint32_t epoch, uint8_t out_id[static SEIN_HASH_BYTES])
{
    uint8_t input[128];
    struct sein_writer out = sein_writer_of(input, sizeof input);

    sein_write_text(&out, "seinhuis/1/psk");
    sein_write_bytes(&out, psk->tag, 32);
    sein_write_lp(&out, sein_slice_text(circle));
    sein_write_u32(&out, epoch);
    assert_false(out.failed);
    crypto_hash_sha256(out_id, input, out.len);
}

void
craft_seal(struct craft *craft, const char *circle, uint32_t epoch,
           const uint8_t pk[static SEIN_KEY_BYTES],
           const struct sein_letter_psk *psk)
{
    uint8_t psk_id[SEIN_HASH_BYTES] = { 0 };
    struct sein_hpke_psk hpke_psk = { NULL,
                                      sein_slice_of(psk_id, sizeof psk_id) };
    uint8_t info[128];
    struct sein_writer info_out = sein_writer_of(info, sizeof info);
    struct sein_writer out =
        sein_writer_of(craft->letter_bytes, sizeof craft->letter_bytes);

    sein_write_lp(&info_out, sein_slice_text("seinhuis/1/hpke"));
    sein_write_lp(&info_out, sein_slice_text(circle));
    sein_write_u32(&info_out, epoch);
    assert_false(info_out.failed);
    sein_write_lp(&out, craft->header);
    if (psk != NULL) {
        make_psk_id(psk, circle, epoch, psk_id);
        hpke_psk.psk = psk->ki;
    }
    assert_int_equal(sein_hpke_seal(pk, psk != NULL ? &hpke_psk : NULL,
                                    sein_slice_of(info, info_out.len),
                                    craft->header, craft->plain,
                                    craft->letter_bytes + out.len,
                                    sizeof craft->letter_bytes - out.len),
                     SEIN_OK);
    craft->letter = sein_slice_of(
        craft->letter_bytes, out.len + craft->plain.len + SEIN_HPKE_OVERHEAD);
}
