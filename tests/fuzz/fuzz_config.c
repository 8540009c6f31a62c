/* A configuration file of the broker. */
#include <string.h>

#include "broker/config.h"
#include "tests/fuzz/require.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    struct config_fault fault = { 0 };
    enum sein_err err =
        config_parse(sein_slice_of(data, size), "/srv", &config, &fault);

    if (err != SEIN_OK) {
        require(err == SEIN_ECONFIG, "its contents are wrong, or nothing is");
        require(fault.text[0] != '\0', "what is wrong is said");
        require(memchr(fault.text, '\0', sizeof fault.text) != NULL,
                "in a text that ends");
        return 0;
    }
    require(memchr(config.store_dir, '\0', sizeof config.store_dir) != NULL,
            "a path ends");
    require(config.io_threads >= 1 && config.io_threads <= 16,
            "a number is in its range");
    err = config_check_run(&config, &fault);
    require(err == SEIN_OK || fault.text[0] != '\0', "what lacks is said");
    return 0;
}
