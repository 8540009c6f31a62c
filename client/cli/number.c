#include "client/cli/number.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 10U

uint64_t
number_read(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len == 0 || len > DIGITS_MAX || strspn(text, "0123456789") != len)
        return 0;
    return strtoul(text, NULL, 10);
}
