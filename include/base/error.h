/* SPDX-License-Identifier: BSD-3-Clause */
/* What went wrong, in words for a person: boot, configuration, files. Where the caller must tell cases apart,
 * the function returns an enum besides. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
    char text[512];
};

/* Replaces the text; what doesn't fit is cut. `error` may be NULL: the caller doesn't want to know. */
void error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the text: whoever knows more (the file's name, the line) says so on the way up. */
void error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
