/*
 * proto/blind/oprf.h for another program to talk to: one request a line, one
 * answer a line, all values in hex.
 *
 *   blind INPUT                      -> BLIND BLINDED
 *   evaluate SECRET BLINDED...       -> PROOF EVALUATED...
 *   verify PUBLIC PROOF COUNT BLINDED... EVALUATED...  -> ok | the error's word
 *   finalize INPUT BLIND EVALUATED   -> OUTPUT
 *
 * What cannot be read is answered with the error's word.
 */
#include "proto/blind/oprf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define LINE_MAX_BYTES 16384U
#define WORDS_MAX 80U
#define INPUT_MAX 64U

struct words {
    size_t count;
    char *at[WORDS_MAX];
};

static void
split(char *line, struct words *words)
{
    char *rest = NULL;

    words->count = 0;
    for (char *word = strtok_r(line, " \n", &rest);
         word != NULL && words->count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest))
        words->at[words->count++] = word;
}

static enum sein_err
unhex(const char *word, uint8_t *out, size_t len)
{
    return sein_unhex(sein_slice_text(word), out, len);
}

static enum sein_err
read_scalar(const char *word, struct sein_scalar *out)
{
    uint8_t bytes[SEIN_SCALAR_BYTES];
    enum sein_err err = unhex(word, bytes, sizeof bytes);

    return err == SEIN_OK ? sein_scalar_read(bytes, out) : err;
}

static enum sein_err
read_elements(char *const *words, size_t count, struct sein_element *out)
{
    uint8_t bytes[SEIN_POINT_BYTES];
    enum sein_err err = count <= SEIN_EVAL_BATCH_MAX ? SEIN_OK : SEIN_ERANGE;

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        err = unhex(words[i], bytes, sizeof bytes);
        if (err == SEIN_OK)
            err = sein_element_read(bytes, &out[i]);
    }
    return err;
}

static void
say(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    putchar(' ');
}

static enum sein_err
read_input(const char *word, uint8_t *out, struct sein_slice *out_input)
{
    size_t len = strlen(word) / 2;
    enum sein_err err = SEIN_OK;

    if (len > INPUT_MAX)
        return SEIN_ETOOLONG;
    err = unhex(word, out, len);
    *out_input = sein_slice_of(out, len);
    return err;
}

static enum sein_err
do_blind(const struct words *words)
{
    uint8_t bytes[INPUT_MAX];
    struct sein_slice input = { 0 };
    struct sein_scalar blind;
    struct sein_element blinded;
    enum sein_err err = words->count == 2
                            ? read_input(words->at[1], bytes, &input)
                            : SEIN_EFORMAT;

    if (err == SEIN_OK)
        err = sein_oprf_blind(input, NULL, &blind, &blinded);
    if (err != SEIN_OK)
        return err;
    say(blind.bytes, sizeof blind.bytes);
    say(blinded.bytes, sizeof blinded.bytes);
    return SEIN_OK;
}

static enum sein_err
do_evaluate(const struct words *words)
{
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
    struct sein_element public_key;
    struct sein_scalar secret;
    struct sein_proof proof;
    size_t count = words->count - 2;
    enum sein_err err = SEIN_OK;

    if (words->count < 3)
        return SEIN_EFORMAT;
    err = read_scalar(words->at[1], &secret);
    if (err == SEIN_OK)
        err = read_elements(&words->at[2], count, blinded);
    if (err == SEIN_OK)
        err = sein_element_base(&secret, &public_key);
    if (err == SEIN_OK)
        err = sein_oprf_blind_evaluate(&secret, blinded, count, evaluated);
    if (err == SEIN_OK)
        err = sein_oprf_generate_proof(&secret, &public_key, blinded, evaluated,
                                       count, NULL, &proof);
    if (err != SEIN_OK)
        return err;
    say(proof.bytes, sizeof proof.bytes);
    for (size_t i = 0; i < count; i++)
        say(evaluated[i].bytes, SEIN_POINT_BYTES);
    return SEIN_OK;
}

static enum sein_err
do_verify(const struct words *words)
{
    struct sein_element public_key;
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
    struct sein_proof proof;
    size_t count = 0;
    enum sein_err err = SEIN_OK;

    if (words->count < 4)
        return SEIN_EFORMAT;
    count = strtoul(words->at[3], NULL, 10);
    if (words->count != 4 + 2 * count)
        return SEIN_EFORMAT;
    err = read_elements(&words->at[1], 1, &public_key);
    if (err == SEIN_OK)
        err = unhex(words->at[2], proof.bytes, sizeof proof.bytes);
    if (err == SEIN_OK)
        err = read_elements(&words->at[4], count, blinded);
    if (err == SEIN_OK)
        err = read_elements(&words->at[4 + count], count, evaluated);
    if (err == SEIN_OK)
        err = sein_oprf_verify_proof(&public_key, blinded, evaluated, count,
                                     &proof);
    if (err == SEIN_OK)
        printf("ok");
    return err;
}

static enum sein_err
do_finalize(const struct words *words)
{
    uint8_t bytes[INPUT_MAX];
    uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
    struct sein_slice input = { 0 };
    struct sein_scalar blind;
    struct sein_element evaluated;
    enum sein_err err = words->count == 4
                            ? read_input(words->at[1], bytes, &input)
                            : SEIN_EFORMAT;

    if (err == SEIN_OK)
        err = read_scalar(words->at[2], &blind);
    if (err == SEIN_OK)
        err = read_elements(&words->at[3], 1, &evaluated);
    if (err == SEIN_OK)
        err = sein_oprf_finalize(input, &blind, &evaluated, output);
    if (err == SEIN_OK)
        say(output, sizeof output);
    return err;
}

static enum sein_err
answer(const struct words *words)
{
    static const struct {
        const char *name;
        enum sein_err (*run)(const struct words *words);
    } table[] = {
        { "blind", do_blind },
        { "evaluate", do_evaluate },
        { "verify", do_verify },
        { "finalize", do_finalize },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (words->count > 0 && strcmp(words->at[0], table[i].name) == 0)
            return table[i].run(words);
    }
    return SEIN_EFORMAT;
}

int
main(void)
{
    static char line[LINE_MAX_BYTES];
    struct words words;

    if (sodium_init() < 0)
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        enum sein_err err = SEIN_OK;

        split(line, &words);
        err = answer(&words);
        if (err != SEIN_OK)
            printf("%s", sein_err_code(err));
        putchar('\n');
        (void)fflush(stdout);
    }
    return 0;
}
