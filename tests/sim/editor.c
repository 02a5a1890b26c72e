/* SPDX-License-Identifier: BSD-3-Clause */
#include "editor.h"
#include "base/file.h"
#include "config/config.h"
#include "disk.h"
#include "engine/acl.h"
#include "model_tables.h"
#include "world.h"

enum { LINES_MAX = 8 };

/* Nothing goes wrong with an editor. */
void editor_make_user_file(int guest)
{
    struct faults kept = faults;
    struct buf text = {0};
    struct error error;
    faults = (struct faults){0};
    model_user_lines(&text);
    model_guest_line(guest, &text);
    if (!file_write_atomic(USER_FILE, buf_bytes(&text), 0600, &error))
        world_fail("the file of users can't be made: %s", error.text);
    faults = kept;
    buf_clear(&text);
    model_user_file_made(disk_file_id(USER_FILE), guest);
}

static void change_lines(struct server *server, int guest)
{
    static const char keyword[] = "user ";
    struct buf text = {0};
    char *lines[LINES_MAX], *at;
    struct config_words words = {lines, 0};
    model_user_lines(&text);
    model_guest_line(guest, &text);
    for (at = text.data; at < text.data + text.len; at = strchr(at, 0) + 1) {
        *strchr(at, '\n') = 0;
        lines[words.count++] = at + sizeof keyword - 1;
    }
    acl_reload_lines(server, &words);
    buf_clear(&text);
}

void editor_changes_users(struct server *server, struct chance *chance)
{
    int guest = (int)chance_below(chance, (uint64_t)model_guest_count());
    struct buf errors = {0};
    trace("edit users: guest %d", guest);
    if (model.has_user_file)
        editor_make_user_file(guest);
    else
        change_lines(server, guest);
    if (model.has_user_file && !acl_reload_file(server, &errors))
        world_fail("the file of users isn't read: %s", buf_cstring(&errors));
    buf_clear(&errors);
    model_users_edited(guest);
}
