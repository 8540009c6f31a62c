#include "proto/base/error.h"

#include <stddef.h>

struct error_row {
    enum sein_err err;
    const char *code;
    const char *text_en;
    const char *text_nl;
};

#define ERROR_ROW(symbol, number, code, en, nl) { symbol, code, en, nl },
static const struct error_row rows[] = { SEIN_ERROR_LIST(ERROR_ROW) };
#undef ERROR_ROW

static const struct error_row *
find_row(uint64_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((uint64_t)rows[i].err == number)
            return &rows[i];
    }
    return &rows[SEIN_EUNKNOWN];
}

const char *
sein_err_code(enum sein_err err)
{
    return find_row((uint64_t)err)->code;
}

const char *
sein_err_text(enum sein_err err)
{
    return find_row((uint64_t)err)->text_en;
}

const char *
sein_err_text_nl(enum sein_err err)
{
    return find_row((uint64_t)err)->text_nl;
}

enum sein_err
sein_err_from_wire(uint64_t number)
{
    return find_row(number)->err;
}
