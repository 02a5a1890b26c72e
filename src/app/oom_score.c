/* SPDX-License-Identifier: BSD-3-Clause */
/* The score that the process was started with is kept from the first change on: relative scores are added to
 * it, and it returns when the directive goes back to no. */
#include "oom_score.h"
#include "base/log.h"
#include "base/number.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SCORE_MAX = 1000 };

static const char path[] = "/proc/self/oom_score_adj";
static bool is_adjusted;
static int score_at_start;

static bool read_score(int *score)
{
    FILE *file = fopen(path, "re");
    char line[16] = "";
    int64_t number = 0;
    bool is_read =
        file && fgets(line, sizeof line, file) && parse_i64(bytes_make(line, strcspn(line, "\n")), &number);
    *score = (int)number;
    if (!is_read)
        log_warning("Unable to read oom_score_adj: %s", strerror(errno));
    if (file)
        (void)fclose(file);
    return is_read;
}

static bool write_score(int score)
{
    FILE *file = fopen(path, "we");
    bool is_written = file && fprintf(file, "%d\n", score) > 0;
    /* The kernel sees it, and may refuse it, when the stream is closed. */
    if (file && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        log_warning("Unable to write oom_score_adj: %s", strerror(errno));
    return is_written;
}

static bool apply(const struct config *config)
{
    if (config->oom_score_adj == OOM_SCORE_ADJ_NO) {
        bool was_adjusted = is_adjusted;
        is_adjusted = false;
        return !was_adjusted || write_score(score_at_start);
    }
    if (!is_adjusted && !read_score(&score_at_start))
        return false;
    is_adjusted = true;
    int score = config->oom_score_adj_values.primary;
    if (config->oom_score_adj == OOM_SCORE_ADJ_RELATIVE)
        score += score_at_start;
    return write_score(score > SCORE_MAX ? SCORE_MAX : score < -SCORE_MAX ? -SCORE_MAX : score);
}

bool oom_score_apply(void *config, struct error *error)
{
    if (apply(config))
        return true;
    error_set(error, "Failed to set current oom_score_adj. Check server logs.");
    return false;
}
