/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole snapshot files as other servers write them, of all versions, and what is in them. */
#ifndef SIM_FOREIGN_FILE_H
#define SIM_FOREIGN_FILE_H

#include "chance.h"
#include "model.h"

/* A key with all that stands in front of it, or something else. */
struct foreign_piece {
    size_t end;              /* in the file */
    bool is_key;             /* and then: */
    const struct slot *slot; /* lent by the dataset; NULL: a key that is none of its */
    int database, key;
    int64_t expires_ms, idle_s; /* as RDB_NO_EXPIRY and -1 say */
    int frequency;
};

struct foreign_file {
    struct buf bytes;
    struct foreign_piece *pieces;
    int count, room;
    unsigned version;
    bool has_checksum;
    bool is_strange; /* something is in it that no server of this kind has a place for */
};

/* Strange ones are mostly sound; wrong ones have something that makes no sense, or not here, though each
 * piece can be read. */
enum foreign_sort { FOREIGN_SOUND, FOREIGN_STRANGE, FOREIGN_WRONG };

/* Holds the keys of the dataset, which stays until the file is cleared. Some files have keys besides that are
 * past their end. */
void foreign_file_make(struct foreign_file *file, const struct dataset *dataset, int64_t wall_offset_ms,
                       enum foreign_sort sort, struct chance *chance);
/* The checksum is that of the bytes again. */
void foreign_file_seal(struct foreign_file *file);
void foreign_file_clear(struct foreign_file *file);

#endif
