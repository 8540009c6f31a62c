/* The lines that people pass on: invitation, join request, broker, epoch. */
#include <sodium.h>
#include <string.h>

#include "proto/trust/dir_schema.h"
#include "proto/trust/epoch.h"
#include "proto/trust/line.h"
#include "tests/fuzz/require.h"

static bool
ends(const char *text, size_t max)
{
    return memchr(text, 0, max) != NULL;
}

static void
try_invitation(const char *line)
{
    struct sein_invitation invitation;
    struct sein_invitation again;
    char written[SEIN_LINE_MAX];

    if (sein_invitation_read(line, &invitation) != SEIN_OK)
        return;
    require(ends(invitation.endpoint, sizeof(invitation.endpoint)),
            "an endpoint ends");
    require(sein_endpoint_check(sein_slice_text(invitation.endpoint)) ==
                SEIN_OK,
            "an endpoint is written as one");
    require(sein_invitation_write(&invitation, written) == SEIN_OK &&
                sein_invitation_read(written, &again) == SEIN_OK,
            "an invitation can be passed on");
    require(strcmp(invitation.endpoint, again.endpoint) == 0 &&
                memcmp(invitation.curve, again.curve, SEIN_KEY_BYTES) == 0,
            "an invitation stays");
}

static void
try_join(const char *line)
{
    struct sein_join_request request;
    struct sein_key_id key_id;

    if (sein_join_read(line, &request) != SEIN_OK)
        return;
    require(sein_oin_check(sein_slice_text(request.oin.text)) == SEIN_OK,
            "an OIN is one");
    require(request.desk_count <= SEIN_DESKS_MAX, "desks are bounded");
    for (size_t i = 0; i < request.desk_count; i++)
        require(ends(request.desks[i], sizeof(request.desks[i])),
                "a name ends");
    sein_key_id_of(request.sign, request.curve, &key_id);
    require(memcmp(&key_id, &request.key_id, sizeof(key_id)) == 0,
            "a key id belongs to its keys");
}

static void
try_broker(const char *line)
{
    struct sein_broker_line broker;

    if (sein_broker_line_read(line, &broker) != SEIN_OK)
        return;
    require(sein_oin_check(sein_slice_text(broker.operator_oin.text)) ==
                SEIN_OK,
            "an OIN is one");
    require(ends(broker.name, sizeof(broker.name)) &&
                ends(broker.supplier, sizeof(broker.supplier)),
            "texts end");
}

static void
try_epoch(const char *line)
{
    struct sein_epoch_line epoch;
    struct sein_epoch_record record;
    char written[SEIN_LINE_MAX];

    if (sein_epoch_line_read(line, &epoch) != SEIN_OK)
        return;
    require(epoch.record_len <= sizeof(epoch.record) &&
                epoch.signature_count <= SEIN_HOLDERS_MAX,
            "a record is bounded");
    require(sein_epoch_line_write(&epoch, written) == SEIN_OK,
            "an epoch can be passed on");
    if (sein_epoch_record_decode(sein_slice_of(epoch.record, epoch.record_len),
                                 &record) == SEIN_OK)
        require(record.t >= 2 && record.t <= record.n &&
                    record.n <= SEIN_HOLDERS_MAX,
                "a record has holders and a threshold");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[2 * SEIN_LINE_MAX];

    if (sodium_init() < 0 || size >= sizeof(line))
        return 0;
    if (size > 0)
        memcpy(line, data, size);
    line[size] = 0;
    try_invitation(line);
    try_join(line);
    try_broker(line);
    try_epoch(line);
    return 0;
}
