#include "proto/blind/content/content.h"

#include <sodium.h>

#include "proto/blind/content/ceremony.h"
#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/parting.h"
#include "proto/blind/content/receipt.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/content/signal.h"
#include "proto/trust/may.h"

/* One row of the list below: how a family decodes and checks. */
typedef enum sein_err check_content(uint64_t kind, struct sein_slice content);

static enum sein_err
check_signal(uint64_t kind, struct sein_slice content)
{
    struct sein_signal signal;
    enum sein_err err =
        sein_schema_decode_all(&sein_signal_schema, content, &signal);

    return err == SEIN_OK ? sein_signal_check(&signal, kind, false, NULL) : err;
}

static enum sein_err
check_ending(uint64_t kind, struct sein_slice content)
{
    struct sein_ending ending;

    (void)kind; /* a withdrawal and a closing have one form */
    return sein_schema_decode_all(&sein_ending_schema, content, &ending);
}

static enum sein_err
check_feedback(uint64_t kind, struct sein_slice content)
{
    struct sein_feedback feedback;
    enum sein_err err =
        sein_schema_decode_all(&sein_feedback_schema, content, &feedback);

    (void)kind; /* the only one of its form */
    return err == SEIN_OK ? sein_feedback_check(&feedback) : err;
}

static enum sein_err
check_message(uint64_t kind, struct sein_slice content)
{
    struct sein_message message;

    (void)kind; /* the only one of its form */
    return sein_schema_decode_all(&sein_message_schema, content, &message);
}

static enum sein_err
check_receipt(uint64_t kind, struct sein_slice content)
{
    struct sein_receipt_content receipt;

    (void)kind; /* the only one of its form */
    return sein_schema_decode_all(&sein_receipt_content_schema, content,
                                  &receipt);
}

static enum sein_err
check_invitation(uint64_t kind, struct sein_slice content)
{
    struct sein_table_invitation invitation;
    enum sein_err err = sein_schema_decode_all(&sein_table_invitation_schema,
                                               content, &invitation);

    (void)kind; /* the only one of its form */
    return err == SEIN_OK ? sein_table_invitation_check(&invitation) : err;
}

static enum sein_err
check_consult(uint64_t kind, struct sein_slice content)
{
    struct sein_consult consult;

    (void)kind; /* the only one of its form */
    return sein_schema_decode_all(&sein_consult_schema, content, &consult);
}

static enum sein_err
check_introduction(uint64_t kind, struct sein_slice content)
{
    struct sein_introduction introduction;
    enum sein_err err = sein_schema_decode_all(&sein_introduction_schema,
                                               content, &introduction);

    (void)kind; /* the only one of its form */
    return err == SEIN_OK ? sein_introduction_check(&introduction) : err;
}

static enum sein_err
check_regie(uint64_t kind, struct sein_slice content)
{
    struct sein_regie_content regie;
    enum sein_err err =
        sein_schema_decode_all(&sein_regie_content_schema, content, &regie);

    (void)kind; /* the only one of its form */
    return err == SEIN_OK ? sein_regie_content_check(&regie) : err;
}

static enum sein_err
check_parting(uint64_t kind, struct sein_slice content)
{
    struct sein_parting parting;
    enum sein_err err =
        sein_schema_decode_all(&sein_parting_schema, content, &parting);

    (void)kind; /* the only one of its form */
    return err == SEIN_OK ? sein_parting_check(&parting) : err;
}

static enum sein_err
check_ceremony(uint64_t kind, struct sein_slice content)
{
    struct sein_ceremony_open open;
    struct sein_ceremony_deal deal;
    struct sein_ceremony_seal seal;
    uint64_t round = 0;
    enum sein_err err = sein_ceremony_round(content, &round);

    (void)kind; /* the only one of its forms */
    if (err != SEIN_OK)
        return err;
    if (round == 0)
        return sein_schema_decode_all(&sein_ceremony_open_schema, content,
                                      &open);
    if (round == 2)
        return sein_schema_decode_all(&sein_ceremony_seal_schema, content,
                                      &seal);
    err = sein_schema_decode_all(&sein_ceremony_deal_schema, content, &deal);
    sodium_memzero(&deal, sizeof deal); /* a share */
    return err;
}

static check_content *const checks[SEIN_LETTER_KIND_COUNT] = {
    [SEIN_LETTER_SIGNAL] = check_signal,
    [SEIN_LETTER_CORRECTION] = check_signal,
    [SEIN_LETTER_WITHDRAWAL] = check_ending,
    [SEIN_LETTER_CLOSING] = check_ending,
    [SEIN_LETTER_FEEDBACK] = check_feedback,
    [SEIN_LETTER_MESSAGE] = check_message,
    [SEIN_LETTER_RECEIPT] = check_receipt,
    [SEIN_LETTER_INVITATION] = check_invitation,
    [SEIN_LETTER_REFERRAL] = check_signal,
    [SEIN_LETTER_CONSULT] = check_consult,
    [SEIN_LETTER_INTRODUCTION] = check_introduction,
    [SEIN_LETTER_REGIE] = check_regie,
    [SEIN_LETTER_PARTING] = check_parting,
    [SEIN_LETTER_CEREMONY] = check_ceremony,
};

enum sein_err
sein_content_check(uint64_t kind, struct sein_slice content)
{
    if (kind >= SEIN_LETTER_KIND_COUNT || checks[kind] == NULL)
        return SEIN_EKIND;
    return checks[kind](kind, content);
}
