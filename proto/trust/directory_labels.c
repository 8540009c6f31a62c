#include "proto/trust/directory_parts.h"

#include <stdlib.h>

#define LABEL_MEMBERS_MIN 3U

/* A label of a circle, and how many it hides among. */
struct label {
    struct sein_slice oin;
    struct sein_slice text;
    bool introduced;
};

static bool
member_introduced(const struct sein_member *member, struct sein_slice circle)
{
    for (size_t i = 0; i < member->desk_count; i++) {
        if ((sein_desk_roles(&member->desks[i], circle) &
             SEIN_ROLE_INTRODUCED) != 0)
            return true;
    }
    return false;
}

/* Reads the labels, ascending by OIN; room for list.count of them. */
static enum sein_err
read_labels(struct sein_list list, struct label *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_label label = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_MEMBERS_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        err = sein_items_next(&items, &sein_dir_label_schema, &label, NULL);
        if (err != SEIN_OK)
            return err;
        out[i] = (struct label){ .oin = label.oin, .text = label.label };
        if (sein_oin_check(label.oin) != SEIN_OK ||
            (i > 0 && sein_slice_compare(out[i - 1].oin, out[i].oin) >= 0))
            return SEIN_EDIRINVALID;
    }
    return err;
}

static int
compare_label_oin(const void *wanted, const void *at)
{
    const struct sein_slice *oin = wanted;
    const struct label *label = at;

    return sein_slice_compare(*oin, label->oin);
}

static int
compare_label_text(const void *a, const void *b)
{
    const struct label *left = a;
    const struct label *right = b;

    return sein_slice_compare(left->text, right->text);
}

/* Every member that can be introduced has a label to hide behind. */
static enum sein_err
mark_introduced(const struct sein_directory *dir, struct sein_slice circle,
                struct label *labels, size_t count)
{
    for (size_t i = 0; i < dir->member_count; i++) {
        struct sein_slice oin = dir->members[i].entry.oin;
        struct label *label = NULL;

        if (!member_introduced(&dir->members[i], circle))
            continue;
        label = bsearch(&oin, labels, count, sizeof *labels, compare_label_oin);
        if (label == NULL)
            return SEIN_EDIRINVALID;
        label->introduced = true;
    }
    return SEIN_OK;
}

static bool
is_exception(const struct sein_dir_circle *circle, struct sein_slice label)
{
    struct sein_items items = { 0 };
    struct sein_dir_exception exception = { 0 };

    if (sein_items_begin(circle->exceptions.raw, SEIN_CODES_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_exception_schema, &exception,
                           NULL) == SEIN_OK) {
        if (sein_slice_equal(exception.label, label))
            return true;
    }
    return false;
}

static enum sein_err
check_label_sizes(const struct sein_dir_circle *circle, struct label *labels,
                  size_t count)
{
    size_t covered = 0;

    qsort(labels, count, sizeof *labels, compare_label_text);
    for (size_t i = 0; i < count; i++) {
        covered += labels[i].introduced;
        if (i + 1 < count &&
            sein_slice_equal(labels[i].text, labels[i + 1].text))
            continue;
        if (covered < LABEL_MEMBERS_MIN &&
            !is_exception(circle, labels[i].text))
            return SEIN_ELABEL;
        covered = 0;
    }
    return SEIN_OK;
}

enum sein_err
sein_directory_check_labels(const struct sein_directory *dir,
                            const struct sein_dir_circle *circle)
{
    size_t count = circle->labels.count;
    struct label *labels = calloc(count > 0 ? count : 1, sizeof *labels);
    enum sein_err err = SEIN_OK;

    if (labels == NULL)
        return SEIN_ENOMEM;
    err = read_labels(circle->labels, labels);
    if (err == SEIN_OK && circle->reveal == SEIN_REVEAL_MUTUAL) {
        err = mark_introduced(dir, circle->id, labels, count);
        if (err == SEIN_OK)
            err = check_label_sizes(circle, labels, count);
    }
    free(labels);
    return err;
}
