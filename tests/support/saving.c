/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/saving.h"
#include "base/worker.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

int saving_setup(void **state)
{
    char directory[] = "/tmp/sessiond-test-XXXXXX";
    struct harness *harness = *state = harness_new();
    harness_drop_journal(harness);
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_reply(harness, "CONFIG SET save \"\"", "+OK\r\n");
    harness->server->config->enable_debug_command = PROTECTION_YES;
    assert_true(snapshot_init(harness->server));
    return 0;
}

static void remove_directory(void)
{
    char *path = get_current_dir_name();
    DIR *directory = opendir(".");
    const struct dirent *file;
    assert_non_null(directory);
    while ((file = readdir(directory)))
        (void)unlinkat(dirfd(directory), file->d_name, file->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    closedir(directory);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

int saving_teardown(void **state)
{
    struct harness *harness = *state;
    snapshot_free(harness->server);
    remove_directory();
    return harness_teardown(state);
}

void saving_end(struct harness *harness)
{
    while (harness->server->save->is_running) {
        harness_run(harness);
        worker_drain(harness->server->file_worker);
    }
}
