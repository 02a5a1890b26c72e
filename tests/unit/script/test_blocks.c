/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks keep their content whatever they become, and all memory comes back. */
#include "base/alloc.h"
#include "script/blocks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 200

struct model {
    unsigned char *block;
    size_t size;
    unsigned char content;
};

static void check(const struct model *model)
{
    for (size_t i = 0; i < model->size; i++)
        assert_int_equal(model->block[i], model->content);
}

static void resize(struct blocks *blocks, struct model *model, size_t size)
{
    size_t common = size < model->size ? size : model->size;
    model->block = blocks_resize(blocks, model->block, model->size, size);
    assert_true((size == 0) == !model->block);
    model->size = common;
    check(model);
    model->size = size;
    if (size > 0)
        memset(model->block, model->content, size);
}

static void content_is_kept(void **state)
{
    (void)state;
    struct blocks blocks = {{NULL}, 0};
    struct model models[COUNT] = {{NULL, 0, 0}};
    size_t before = mem_used();
    srand(1);
    for (int i = 0; i < COUNT; i++)
        models[i].content = (unsigned char)(i + 1);
    for (int i = 0; i < 100000; i++)
        resize(&blocks, &models[rand() % COUNT], (size_t)(rand() % 4 ? rand() % 300 : rand() % 3000));
    for (int i = 0; i < COUNT; i++)
        resize(&blocks, &models[i], 0);
    assert_true(mem_used() - before < 512 * 1024);
    blocks_clear(&blocks);
    assert_int_equal(mem_used(), before);
}

static void few_are_kept(void **state)
{
    (void)state;
    struct blocks blocks = {{NULL}, 0};
    static void *many[10000];
    size_t before = mem_used();
    for (size_t i = 0; i < 10000; i++)
        many[i] = blocks_resize(&blocks, NULL, 0, 100);
    for (size_t i = 0; i < 10000; i++)
        (void)blocks_resize(&blocks, many[i], 100, 0);
    assert_true(mem_used() - before < 512 * 1024);
    blocks_clear(&blocks);
    assert_int_equal(mem_used(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_kept),
        cmocka_unit_test(few_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
