#include <string.h>

#include "client/govern/model.h"
#include "proto/trust/epoch.h"

/* One circle, and the place that a fault is told of. */
struct checker {
    const struct model *model;
    const struct model_circle *circle;
    struct problems *problems;
    struct place place;
};

static void
fault(const struct checker *checker, enum sein_err err, const char *field,
      const char *detail, const char *nl, const char *en)
{
    struct place place = checker->place;

    place.field = field;
    problems_add(checker->problems, err, place, detail, nl, en);
}

/* Every desk is there, once, with a role. */
static void
check_desks(const struct checker *checker, const struct model_desks *desks,
            const char *field, enum sein_role role, const char *nl,
            const char *en)
{
    for (size_t i = 0; i < desks->count; i++) {
        const char *name = desks->items[i];
        const struct model_desk *desk = model_desk(checker->model, name);
        bool twice = false;

        for (size_t j = 0; j < i; j++)
            twice |= strcmp(desks->items[j], name) == 0;
        if (desk == NULL)
            fault(checker, SEIN_EDESK, field, name,
                  "er is geen loket OIN/naam dat zo heet; verbeter het of laat "
                  "de deelnemer eerst toe",
                  "there is no desk OIN/name of that name; correct it or admit "
                  "the member first");
        else if (twice)
            fault(checker, SEIN_ETWICE, field, name,
                  "dit loket staat er tweemaal; noem het een keer",
                  "this desk stands there twice; name it once");
        else if ((model_roles_in(desk, checker->circle->id) & (uint64_t)role) ==
                 0)
            fault(checker, SEIN_EROLE, field, name, nl, en);
    }
}

/* ---- who holds too much -----------------------------------------------------
 */

static bool
same_supplier(const char *a, const char *b)
{
    return *a != '\0' && strcmp(a, b) == 0;
}

static bool
are_close(const struct model_member *a, const struct model_member *b)
{
    return a == b || same_supplier(a->supplier, b->supplier);
}

static void
check_broker(const struct checker *checker, const char *desk,
             const struct model_member *member)
{
    for (size_t i = 0; i < checker->model->broker_count; i++) {
        const struct model_broker *broker = &checker->model->brokers[i];

        if (strcmp(broker->operator_oin, member->oin) == 0 ||
            same_supplier(broker->supplier, member->supplier))
            fault(checker, SEIN_EHOLDERS, "holders", desk,
                  "deze deelnemer is, of heeft de leverancier van, wie het "
                  "seinhuis draait, en mag geen deel van een sleutel houden; "
                  "noem een ander",
                  "this member is, or has the supplier of, who runs the "
                  "broker, and may hold no share of a key; name another");
    }
}

static void
check_apart(const struct checker *checker, const struct model_epoch *epoch)
{
    const struct model_desks *holders = &epoch->holders;

    for (size_t i = 0; i < holders->count; i++) {
        const struct model_member *member =
            model_member_of(checker->model, holders->items[i]);
        uint64_t near = 0;

        if (member == NULL)
            continue;
        check_broker(checker, holders->items[i], member);
        for (size_t j = 0; j < holders->count; j++) {
            const struct model_member *other =
                model_member_of(checker->model, holders->items[j]);

            near += other != NULL && are_close(member, other);
        }
        if (near >= epoch->threshold)
            fault(checker, SEIN_EHOLDERS, "holders", holders->items[i],
                  "zoveel houders van een deelnemer of leverancier kunnen "
                  "samen de sleutel gebruiken; noem anderen of verhoog de "
                  "drempel",
                  "so many holders of one member or supplier can use the key "
                  "together; name others or raise the threshold");
    }
}

/* ---- records ----------------------------------------------------------------
 */

static bool
names_the_same(const struct model_circle *circle,
               const struct model_epoch *epoch,
               const struct sein_epoch_record *record)
{
    if (!sein_slice_is(record->circle, circle->id) ||
        record->epoch != epoch->number || record->t != epoch->threshold ||
        record->n != epoch->holders.count ||
        record->not_before != epoch->not_before ||
        record->match_until != epoch->match_until)
        return false;
    for (size_t i = 0; i < record->n; i++) {
        if (!sein_slice_is(record->holders[i].desk, epoch->holders.items[i]))
            return false;
    }
    return epoch->signatures.len == record->n * SEIN_SIG_BYTES;
}

/* The signatures are verified when a record is taken in, and before signing. */
static void
check_record(const struct checker *checker, const struct model_epoch *epoch)
{
    struct sein_epoch_record record = { 0 };

    if (epoch->record.len == 0 && epoch->signatures.len == 0)
        return;
    if (sein_epoch_record_decode(epoch->record, &record) == SEIN_OK &&
        names_the_same(checker->circle, epoch, &record))
        return;
    fault(checker, SEIN_ERECORD, "record", NULL,
          "het verslag noemt iets anders dan dit tijdvak; zet terug wat "
          "veranderd is, of geef een nieuwe sleutel een nieuw nummer",
          "the record names something else than this epoch; put back what was "
          "changed, or give a new key a new number");
}

static void
check_epoch(struct checker *checker, const struct model_epoch *epoch)
{
    struct arena *arena = checker->problems->arena;

    checker->place.line = epoch->line;
    checker->place.section =
        arena_format(arena, "epoch %llu", (unsigned long long)epoch->number);
    if (epoch->holders.count > SEIN_HOLDERS_MAX ||
        epoch->threshold > epoch->holders.count)
        fault(checker, SEIN_EDIRINVALID, "threshold", NULL,
              "er zijn niet zoveel houders, of meer dan 16; verbeter drempel "
              "of houders",
              "there are not so many holders, or more than 16; correct "
              "threshold or holders");
    if (epoch->not_before >= epoch->match_until)
        fault(checker, SEIN_EDIRINVALID, "match_until", NULL,
              "dit tijdvak eindigt voor het begint; verbeter de dagen",
              "this epoch ends before it begins; correct the days");
    if (epoch->pepper_check.len != 0 &&
        epoch->pepper_check.len != SEIN_ID_BYTES)
        fault(checker, SEIN_EFORMAT, "pepper_check", NULL,
              "dit zijn geen 32 hexadecimale cijfers; neem ze over van wie het "
              "kringpakket maakte",
              "these are no 32 hexadecimal digits; copy them from who made the "
              "circle pack");
    check_desks(checker, &epoch->holders, "holders", SEIN_ROLE_KEYHOLDER,
                "dit loket heeft geen rol keyholder in deze kring; gebruik "
                "sein directory epoch, of voeg de rol toe",
                "this desk has no role keyholder in this circle; use sein "
                "directory epoch, or add the role");
    check_apart(checker, epoch);
    check_record(checker, epoch);
}

void
model_check_meeting(const struct model *model,
                    const struct model_circle *circle,
                    struct problems *problems)
{
    const struct model_meeting *meeting = &circle->meeting;
    struct checker checker = {
        model, circle, problems, { .file = circle->file }
    };

    if (meeting->epoch_count > SEIN_EPOCHS_MAX)
        fault(&checker, SEIN_ERANGE, "", NULL,
              "een kring heeft hooguit 16 tijdvakken; haal oude weg",
              "a circle has at most 16 epochs; remove old ones");
    check_desks(&checker, &meeting->regie_order, "regie_order",
                SEIN_ROLE_INTRODUCED,
                "dit loket heeft geen rol introduced in deze kring; haal het "
                "weg of geef het de rol",
                "this desk has no role introduced in this circle; remove it or "
                "give it the role");
    for (size_t i = 0; i < meeting->epoch_count; i++)
        check_epoch(&checker, &meeting->epochs[i]);
}
