/* Numbers as people type them. */
#ifndef SEIN_CLIENT_CLI_NUMBER_H
#define SEIN_CLIENT_CLI_NUMBER_H

#include <stdint.h>

/** number_read - a number of at most ten digits; 0 for NULL and for what is no
 *  such number. */
uint64_t number_read(const char *text);

#endif
