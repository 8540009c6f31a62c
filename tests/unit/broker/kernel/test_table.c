#include "broker/kernel/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#define ENTRIES 5000U

struct entry {
    struct table_node node;
    uint32_t key;
};

static struct sein_slice
key_of(const uint32_t *key)
{
    return sein_slice_of((const uint8_t *)key, sizeof *key);
}

static struct entry *
find(const struct table *table, uint32_t key)
{
    struct table_node *node =
        table_first(table, table_hash(table, key_of(&key)));

    for (; node != NULL; node = table_again(node)) {
        struct entry *entry = (struct entry *)node;

        if (entry->key == key)
            return entry;
    }
    return NULL;
}

static void
test_insert_find_remove(void **state)
{
    static struct entry entries[ENTRIES];
    struct table table = { 0 };

    (void)state;
    assert_int_equal(table_init(&table), SEIN_OK);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        entries[i].key = i;
        assert_null(find(&table, i));
        table_insert(&table, &entries[i].node, table_hash(&table, key_of(&i)));
    }
    assert_int_equal(table.count, ENTRIES);
    assert_true(table.slot_count >= ENTRIES / 2);
    for (uint32_t i = 0; i < ENTRIES; i += 2)
        table_remove(&table, &entries[i].node);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        if (i % 2 == 0)
            assert_null(find(&table, i));
        else
            assert_ptr_equal(find(&table, i), &entries[i]);
    }
    assert_int_equal(table.count, ENTRIES / 2);
    table_deinit(&table);
}

/* Nodes with one hash are found one after the other. */
static void
test_same_hash(void **state)
{
    struct entry entries[10] = { 0 };
    struct table table = { 0 };
    size_t seen = 0;

    (void)state;
    assert_int_equal(table_init(&table), SEIN_OK);
    for (uint32_t i = 0; i < 10; i++)
        table_insert(&table, &entries[i].node, i < 7 ? 16 : 32);
    for (struct table_node *at = table_first(&table, 16); at != NULL;
         at = table_again(at)) {
        assert_int_equal(at->hash, 16);
        seen++;
    }
    assert_int_equal(seen, 7);
    assert_null(table_first(&table, 48));
    table_deinit(&table);
}

static void
test_pop_empties(void **state)
{
    static struct entry entries[100];
    struct table table = { 0 };
    size_t at = 0;
    size_t count = 0;

    (void)state;
    assert_int_equal(table_init(&table), SEIN_OK);
    for (uint32_t i = 0; i < 100; i++)
        table_insert(&table, &entries[i].node, table_hash(&table, key_of(&i)));
    while (table_pop(&table, &at) != NULL)
        count++;
    assert_int_equal(count, 100);
    assert_int_equal(table.count, 0);
    table_deinit(&table);
}

/* Who knows one table's hashes knows nothing of another's. */
static void
test_tables_hash_differently(void **state)
{
    struct table one = { 0 };
    struct table other = { 0 };
    const uint32_t key = 1;

    (void)state;
    assert_int_equal(table_init(&one), SEIN_OK);
    assert_int_equal(table_init(&other), SEIN_OK);
    assert_true(table_hash(&one, key_of(&key)) !=
                table_hash(&other, key_of(&key)));
    table_deinit(&one);
    table_deinit(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insert_find_remove),
        cmocka_unit_test(test_same_hash),
        cmocka_unit_test(test_pop_empties),
        cmocka_unit_test(test_tables_hash_differently),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
