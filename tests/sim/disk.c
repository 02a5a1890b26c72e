/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk.h"
#include "base/buf.h"
#include "base/list.h"
#include "chance.h"
#include "helpers.h"
#include "kernel.h"
#include "world.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 64, NAME_SIZE = 80, PAGE = 4096 };

struct file {
    unsigned id, references; /* of names, durable names and descriptors */
    struct buf bytes;
    struct buf durable;
    bool is_synced; /* `durable` is what `bytes` is */
};

struct name {
    char text[NAME_SIZE];
    struct file *file;
};

/* The same directory, as it is and as it would be found after a power cut. */
struct directory {
    struct name names[NAMES_MAX];
};

struct open_file {
    struct file *file;
    size_t position;
};

static struct directory now, durable;
static unsigned last_id;
static bool is_frozen, has_lied, was_locked;

static void file_unref(struct file *file)
{
    if (!file || --file->references > 0)
        return;
    buf_clear(&file->bytes);
    buf_clear(&file->durable);
    free(file);
}

static struct name *find(struct directory *directory, const char *text)
{
    for (int i = 0; i < NAMES_MAX; i++) {
        if (directory->names[i].file && strcmp(directory->names[i].text, text) == 0)
            return &directory->names[i];
    }
    return NULL;
}

static void set_name(struct directory *directory, const char *text, struct file *file)
{
    struct name *name = find(directory, text);
    if (file)
        file->references++;
    if (name) {
        file_unref(name->file);
        name->file = file;
        return;
    }
    for (int i = 0; file && i < NAMES_MAX; i++) {
        if (directory->names[i].file)
            continue;
        strncpy(directory->names[i].text, text, NAME_SIZE - 1);
        directory->names[i].file = file;
        return;
    }
    if (file)
        world_fail("there are too many files");
}

static void clear(struct directory *directory)
{
    for (int i = 0; i < NAMES_MAX; i++)
        file_unref(directory->names[i].file);
    *directory = (struct directory){0};
}

void disk_init(void)
{
    is_frozen = has_lied = false;
    last_id = 0;
}

void disk_free(void)
{
    clear(&now);
    clear(&durable);
}

/* ---- faults ---- */

static bool fails(void)
{
    if (is_frozen)
        return false;
    if (chance_permille(&world_chance, faults.disk_full)) {
        errno = ENOSPC;
        return true;
    }
    if (chance_permille(&world_chance, faults.disk_error)) {
        errno = EIO;
        return true;
    }
    return false;
}

/* Each page of what wasn't synced may have come through, or not. */
static void tear(struct file *file)
{
    struct buf left = {0};
    size_t len = file->bytes.len;
    if (file->is_synced)
        return;
    if (chance_permille(&world_chance, 500))
        len = chance_below(&world_chance, len + 1);
    for (size_t at = 0; at < len; at += PAGE) {
        size_t count = len - at < PAGE ? len - at : PAGE;
        char page[PAGE] = {0};
        if (chance_permille(&world_chance, 700))
            memcpy(page, file->bytes.data + at, count);
        else if (at < file->durable.len)
            memcpy(page, file->durable.data + at,
                   file->durable.len - at < count ? file->durable.len - at : count);
        buf_append(&left, page, count);
    }
    buf_clear(&file->bytes);
    file->bytes = left;
    file->durable.len = 0;
    buf_append_bytes(&file->durable, buf_bytes(&left));
    file->is_synced = true;
}

void disk_cut_power(void)
{
    struct directory left = {0};
    /* Of each name that changed, the old or the new state. */
    for (int i = 0; i < NAMES_MAX; i++) {
        const struct name *name = &durable.names[i];
        if (!name->file)
            continue;
        const struct name *newer = find(&now, name->text);
        bool keeps_old = !newer || newer->file == name->file || chance_permille(&world_chance, 500);
        if (!newer && chance_permille(&world_chance, 500))
            continue;
        set_name(&left, name->text, keeps_old ? name->file : newer->file);
    }
    for (int i = 0; i < NAMES_MAX; i++) {
        const struct name *name = &now.names[i];
        if (name->file && !find(&durable, name->text) && chance_permille(&world_chance, 500))
            set_name(&left, name->text, name->file);
    }
    for (int i = 0; i < NAMES_MAX; i++) {
        if (left.names[i].file)
            tear(left.names[i].file);
    }
    clear(&now);
    clear(&durable);
    for (int i = 0; i < NAMES_MAX; i++) {
        if (!left.names[i].file)
            continue;
        set_name(&now, left.names[i].text, left.names[i].file);
        set_name(&durable, left.names[i].text, left.names[i].file);
    }
    clear(&left);
    is_frozen = true;
}

void disk_freeze(void)
{
    is_frozen = true;
}

void disk_thaw(void)
{
    is_frozen = false;
}

unsigned disk_file_id(const char *text)
{
    const struct name *name = find(&now, text);
    return name ? name->file->id : 0;
}

unsigned disk_last_made(void)
{
    return last_id;
}

bool disk_has_lied(void)
{
    return has_lied;
}

bool disk_was_locked(void)
{
    bool before = was_locked;
    was_locked = false;
    return before;
}

void disk_remove(const char *text)
{
    set_name(&now, text, NULL);
    set_name(&durable, text, NULL);
}

static struct file *make_file(const char *text)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        abort();
    file->id = ++last_id;
    set_name(&now, text, file);
    return file;
}

void disk_put(const char *text, struct bytes bytes)
{
    struct file *file = make_file(text);
    buf_append_bytes(&file->bytes, bytes);
    buf_append_bytes(&file->durable, bytes);
    file->is_synced = true;
    set_name(&durable, text, file);
}

/* ---- calls on open files ---- */

ssize_t open_file_read(struct open_file *file, void *to, size_t size)
{
    size_t left = file->file->bytes.len > file->position ? file->file->bytes.len - file->position : 0;
    size_t count = left < size ? left : size;
    if (count > 1 && chance_permille(&world_chance, faults.short_write))
        count = (size_t)chance_between(&world_chance, 1, (int64_t)count);
    if (count > 0)
        memcpy(to, file->file->bytes.data + file->position, count);
    file->position += count;
    return (ssize_t)count;
}

ssize_t open_file_write(struct open_file *open, const void *from, size_t size)
{
    struct file *file = open->file;
    if (is_frozen)
        return (ssize_t)size;
    if (fails())
        return -1;
    if (size > 1 && chance_permille(&world_chance, faults.short_write))
        size = (size_t)chance_between(&world_chance, 1, (int64_t)size);
    if (chance_permille(&world_chance, faults.late_job / 4))
        helpers_rest(chance_between(&world_chance, 1, 500));
    if (is_frozen)
        return (ssize_t)size;
    buf_append(&file->bytes, from, size);
    file->is_synced = false;
    return (ssize_t)size;
}

void open_file_closed(struct open_file *file)
{
    file_unref(file->file);
    free(file);
}

static int open_descriptor(struct file *file, enum descriptor_kind kind)
{
    int fd = descriptor_new(kind);
    if (!file)
        return fd;
    struct open_file *open = calloc(1, sizeof *open);
    if (!open)
        abort();
    open->file = file;
    file->references++;
    descriptor_of(fd)->file = open;
    return fd;
}

/* The simulated directory is the working directory; what has a path is the machine's. */
static bool is_ours(const char *path)
{
    if (path[0] == '.' && path[1] == '/')
        path += 2;
    return !strchr(path, '/');
}

__typeof__(open) __real_open, __wrap_open;
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (!is_ours(path))
        return __real_open(path, flags, mode);
    if (strcmp(path, ".") == 0)
        return open_descriptor(NULL, FD_DIRECTORY);
    const struct name *name = find(&now, path);
    if (!name && !(flags & O_CREAT)) {
        errno = ENOENT;
        return -1;
    }
    if ((flags & O_CREAT) && !is_frozen && fails())
        return -1;
    struct file *file = name ? name->file : make_file(path);
    if ((flags & O_TRUNC) && !is_frozen) {
        file->bytes.len = 0;
        file->is_synced = false;
        file->id = ++last_id;
    }
    return open_descriptor(file, FD_FILE);
}

__typeof__(pread) __real_pread, __wrap_pread;
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
    struct descriptor *descriptor = descriptor_of(fd);
    if (!descriptor)
        return __real_pread(fd, to, size, at);
    descriptor->file->position = (size_t)at;
    return open_file_read(descriptor->file, to, size);
}

__typeof__(fsync) __wrap_fsync;
int __wrap_fsync(int fd)
{
    struct descriptor *descriptor = descriptor_of(fd);
    if (!is_frozen && chance_permille(&world_chance, faults.slow_sync))
        helpers_rest(chance_between(&world_chance, 1, chance_permille(&world_chance, 100) ? 8000000 : 60000));
    if (is_frozen)
        return 0;
    if (fails())
        return -1;
    if (chance_permille(&world_chance, faults.sync_lies)) {
        has_lied = true;
        return 0;
    }
    if (descriptor->kind == FD_DIRECTORY) {
        clear(&durable);
        for (int i = 0; i < NAMES_MAX; i++) {
            if (now.names[i].file)
                set_name(&durable, now.names[i].text, now.names[i].file);
        }
        return 0;
    }
    struct file *file = descriptor->file->file;
    file->durable.len = 0;
    buf_append_bytes(&file->durable, buf_bytes(&file->bytes));
    file->is_synced = true;
    return 0;
}

__typeof__(fchmod) __real_fchmod, __wrap_fchmod;
int __wrap_fchmod(int fd, mode_t mode)
{
    return descriptor_of(fd) ? (fails() ? -1 : 0) : __real_fchmod(fd, mode);
}

__typeof__(fchown) __real_fchown, __wrap_fchown;
int __wrap_fchown(int fd, uid_t owner, gid_t group)
{
    return descriptor_of(fd) ? 0 : __real_fchown(fd, owner, group);
}

__typeof__(flock) __wrap_flock;
int __wrap_flock(int fd, int operation)
{
    (void)operation;
    if (!descriptor_of(fd))
        return -1;
    if (is_frozen || !chance_permille(&world_chance, faults.locked))
        return 0;
    was_locked = true;
    errno = EWOULDBLOCK;
    return -1;
}

__typeof__(sync_file_range) __wrap_sync_file_range;
int __wrap_sync_file_range(int fd, off_t at, off_t count, unsigned flags)
{
    (void)fd;
    (void)at;
    (void)count;
    (void)flags;
    return 0;
}

__typeof__(posix_fadvise) __wrap_posix_fadvise;
int __wrap_posix_fadvise(int fd, off_t at, off_t count, int advice)
{
    return __wrap_sync_file_range(fd, at, count, (unsigned)advice);
}

static int give_status(const struct file *file, struct stat *status)
{
    *status = (struct stat){.st_mode = S_IFREG | 0600, .st_size = (off_t)file->bytes.len, .st_ino = file->id};
    return 0;
}

__typeof__(fstat) __real_fstat, __wrap_fstat;
int __wrap_fstat(int fd, struct stat *status)
{
    const struct descriptor *descriptor = descriptor_of(fd);
    return descriptor ? give_status(descriptor->file->file, status) : __real_fstat(fd, status);
}

__typeof__(stat) __real_stat, __wrap_stat;
int __wrap_stat(const char *path, struct stat *status)
{
    if (!is_ours(path) || strcmp(path, ".") == 0)
        return __real_stat(path, status);
    const struct name *name = find(&now, path);
    if (name)
        return give_status(name->file, status);
    errno = ENOENT;
    return -1;
}

__typeof__(access) __real_access, __wrap_access;
int __wrap_access(const char *path, int how)
{
    struct stat status;
    return is_ours(path) && strcmp(path, ".") != 0 ? __wrap_stat(path, &status) : __real_access(path, how);
}

__typeof__(rename) __wrap_rename;
int __wrap_rename(const char *from, const char *to)
{
    if (!is_frozen && chance_permille(&world_chance, faults.slow_sync / 3))
        helpers_rest(chance_between(&world_chance, 1, 3000));
    struct name *name = find(&now, from);
    if (is_frozen)
        return 0;
    if (!name) {
        errno = ENOENT;
        return -1;
    }
    if (fails())
        return -1;
    set_name(&now, to, name->file);
    set_name(&now, from, NULL);
    return 0;
}

__typeof__(unlink) __wrap_unlink;
int __wrap_unlink(const char *path)
{
    if (is_frozen)
        return 0;
    if (find(&now, path)) {
        set_name(&now, path, NULL);
        return 0;
    }
    errno = ENOENT;
    return -1;
}

__typeof__(mkostemp) __wrap_mkostemp;
int __wrap_mkostemp(char *pattern, int flags)
{
    (void)snprintf(pattern + strlen(pattern) - 6, 7, "%06u", last_id % 1000000);
    return __wrap_open(pattern, flags | O_CREAT | O_EXCL | O_WRONLY, 0600);
}

/* ---- the directory ---- */

struct listing {
    int next;
    struct dirent entry;
};

__typeof__(opendir) __wrap_opendir;
DIR *__wrap_opendir(const char *path)
{
    (void)path;
    return (DIR *)calloc(1, sizeof(struct listing));
}

__typeof__(readdir) __wrap_readdir;
struct dirent *__wrap_readdir(DIR *directory)
{
    struct listing *listing = (struct listing *)directory;
    while (listing->next < NAMES_MAX) {
        const struct name *name = &now.names[listing->next++];
        if (!name->file)
            continue;
        strncpy(listing->entry.d_name, name->text, sizeof listing->entry.d_name - 1);
        return &listing->entry;
    }
    return NULL;
}

__typeof__(closedir) __wrap_closedir;
int __wrap_closedir(DIR *directory)
{
    free(directory);
    return 0;
}

/* What the machine tells about itself is no part of the world. */
__typeof__(fopen) __wrap_fopen;
FILE *__wrap_fopen(const char *path, const char *mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return NULL;
}
