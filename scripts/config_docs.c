/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the manuals from the declarations: `config_docs file` is conf/sessiond.conf, `config_docs man`
 * conf/man/sessiond.conf.5, `config_docs table` and `config_docs commands` the tables of README.md.
 * scripts/docs puts them in their places. */
#include "base/buf.h"
#include "commands/families.h"
#include "config/config.h"
#include <stdio.h>
#include <stdlib.h>

enum { LINE_LEN_MAX = 100 };

/* ---- the file ---- */

/* Appends words to a comment, beginning a new line where one would get too long. */
static void append_comment(struct buf *out, size_t *column, const char *text)
{
    text += strspn(text, " ");
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (*column > 0 && *column + 1 + len > LINE_LEN_MAX) {
            buf_append_char(out, '\n');
            *column = 0;
        }
        buf_append_text(out, *column == 0 ? "# " : " ");
        buf_append(out, text, len);
        *column += len + (*column == 0 ? 2 : 1);
        text += len + strspn(text + len, " ");
    }
}

/* What this file sets, other than the defaults, which are those of a redis.conf that says nothing of it. */
static const struct {
    const char *name, *value;
} chosen[] = {{"http-port", "8379"}};

static const char *chosen_value(const struct directive *directive)
{
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++)
        if (strcmp(chosen[i].name, directive->name) == 0)
            return chosen[i].value;
    return NULL;
}

/* What there is to say besides the sentence of the declaration. */
static void append_remarks(struct buf *out, const struct directive *directive)
{
    struct buf expected = {0};
    config_print_expected(directive, &expected);
    /* Where it is yes or no, the default shows it. */
    if (expected.len > 0 && !bytes_is(buf_bytes(&expected), "yes or no"))
        buf_printf(out, " Write %s.", buf_cstring(&expected));
    if (config_alias(directive))
        buf_printf(out, " Its older name is %s.", config_alias(directive));
    if ((directive->flags & CONFIG_IMMUTABLE) && !(directive->flags & (CONFIG_LATER | CONFIG_IGNORED)))
        buf_append_text(out, " Fixed at the start.");
    if (directive->flags & CONFIG_KEPT)
        buf_append_text(out, " Accepted and shown, without effect in this version.");
    if (directive->flags & CONFIG_LATER)
        buf_printf(out, " This version has no %s%s.", config_missing(directive),
                   directive->default_text[0] != '\0' ? ": only the default is accepted" : "");
    if (directive->flags & CONFIG_IGNORED)
        buf_append_text(out, " Accepted with a warning, without effect.");
    if (chosen_value(directive))
        buf_printf(out, " Its default is %s; this file sets %s.", directive->default_text,
                   chosen_value(directive));
    buf_clear(&expected);
}

/* The line that sets the default: without the # it is valid. Directives without a default are only named. */
static void append_default(struct buf *out, const struct directive *directive)
{
    bool is_list = directive->flags & (CONFIG_WORDS | CONFIG_FILE_ONLY);
    bool is_empty = directive->default_text[0] == '\0';
    if (is_list && is_empty)
        buf_printf(out, "# %s ...\n\n", directive->name);
    else if (is_list || (!is_empty && !strchr(directive->default_text, ' ')))
        buf_printf(out, "#%s %s\n\n", directive->name, directive->default_text);
    else
        buf_printf(out, "#%s \"%s\"\n\n", directive->name, directive->default_text);
}

static void append_heading(struct buf *out, const char *title)
{
    buf_printf(out, "# ---- %s ----\n\n", title);
}

static void print_file(struct buf *out)
{
    const char *section = "";
    buf_append_text(
        out,
        "# sessiond.conf: every directive, what it does, and its default.\n"
        "#\n"
        "# Start the server with this file (sessiond /path/to/sessiond.conf), check it beforehand\n"
        "# (sessiond --check /path/to/sessiond.conf), or give directives on the command line, where they "
        "win\n"
        "# (sessiond --port 7000). A redis.conf is read as it is.\n"
        "#\n"
        "# A line is a directive and its value; values with blanks go between quotes; # begins a comment.\n"
        "# Behind a password, a path or another text a comment needs quotes around the text.\n"
        "# Of a directive given twice, the later line counts. Sizes take units: 1k is 1000 bytes, 1kb 1024,\n"
        "# likewise m, mb, g and gb, in any case.\n"
        "#\n"
        "# Made by `make docs` from the declarations in include/config/directives.h.\n\n");
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        struct buf remarks = {0};
        size_t column = 0;
        if (directive->flags & CONFIG_HIDDEN)
            continue;
        if (strcmp(section, config_section(directive)) != 0)
            append_heading(out, section = config_section(directive));
        append_remarks(&remarks, directive);
        append_comment(out, &column, directive->help);
        append_comment(out, &column, buf_cstring(&remarks));
        buf_append_char(out, '\n');
        if (chosen_value(directive))
            buf_printf(out, "%s %s\n\n", directive->name, chosen_value(directive));
        else
            append_default(out, directive);
        buf_clear(&remarks);
    }
}

/* ---- the table ---- */

/* Directives that have an effect; the others are in the file. */
static void print_table(struct buf *out)
{
    buf_append_text(out, "| directive | default | meaning |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        if (directive->flags & (CONFIG_HIDDEN | CONFIG_KEPT | CONFIG_LATER | CONFIG_IGNORED))
            continue;
        buf_printf(out, "| `%s` | ", directive->name);
        if (directive->default_text[0] != '\0')
            buf_printf(out, "`%s`", directive->default_text);
        buf_printf(out, " | %s |\n", directive->help);
    }
}

/* ---- the manual page ---- */

/* Text in a line of its own: no macro, whatever it begins with, and its dashes are the keyboard's. */
static void append_roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_append_text(out, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            buf_append_text(out, "\\e");
        else if (*text == '-')
            buf_append_text(out, "\\-");
        else
            buf_append_char(out, *text);
        /* A new sentence begins a new line, which sets the space behind it. */
        if (*text == '.' && text[1] == ' ') {
            buf_append_char(out, '\n');
            text++;
        }
    }
    buf_append_char(out, '\n');
}

static void append_man_directive(struct buf *out, const struct directive *directive)
{
    struct buf remarks = {0};
    buf_append_text(out, ".It Ic ");
    append_roff(out, directive->name);
    append_roff(out, directive->help);
    append_remarks(&remarks, directive);
    if (remarks.len > 0)
        append_roff(out, buf_cstring(&remarks) + 1); /* its blank */
    if (directive->default_text[0] != '\0') {
        buf_append_text(out, "The default is\n.Ql ");
        append_roff(out, directive->default_text);
    }
    buf_clear(&remarks);
}

static void print_man(struct buf *out)
{
    const char *section = "";
    buf_append_text(out,
                    ".\\\" SPDX-License-Identifier: BSD-3-Clause\n"
                    ".\\\" Made by `make docs` from the declarations in include/config/directives.h.\n"
                    ".Dd November 22, 2026\n.Dt SESSIOND.CONF 5\n.Os\n"
                    ".Sh NAME\n.Nm sessiond.conf\n.Nd configuration of the session server\n"
                    ".Sh DESCRIPTION\n"
                    "A line is a directive and its value.\n"
                    "Values with blanks go between quotes;\n.Ql #\nbegins a comment.\n"
                    "Behind a password, a path or another text a comment needs quotes around the text.\n"
                    "Of a directive given twice, the later line counts.\n"
                    "Sizes take units: 1k is 1000 bytes, 1kb 1024, likewise m, mb, g and gb, in any case.\n"
                    "A\n.Pa redis.conf\nis read as it is.\n"
                    ".Pp\n.Dl sessiond \\-\\-check FILE\n.Pp\n"
                    "says everything that is wrong with a file, with line, word and remedy.\n"
                    "Every directive can also be given on the command line, where it wins over the file.\n"
                    ".Sh DIRECTIVES\n");
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        if (directive->flags & CONFIG_HIDDEN)
            continue;
        if (strcmp(section, config_section(directive)) != 0) {
            if (*section != '\0')
                buf_append_text(out, ".El\n");
            section = config_section(directive);
            buf_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", section);
        }
        append_man_directive(out, directive);
    }
    buf_append_text(out, ".El\n"
                         ".Sh FILES\n.Bl -tag -width Ds\n"
                         ".It Pa /etc/sessiond/sessiond.conf\nThe configuration of the service.\n"
                         ".El\n.Sh SEE ALSO\n.Xr redis\\-cli 1 ,\n.Xr sessiond 8\n");
}

/* ---- the commands ---- */

/* The groups in the order in which the families bring them. Returns how many there are. */
static size_t list_groups(const char **groups, size_t groups_max)
{
    size_t count = 0;
    for (int f = 0; f < command_family_count; f++) {
        for (const struct command *command = command_families[f]->commands; command->name; command++) {
            size_t i = 0;
            while (i < count && strcmp(groups[i], command->group) != 0)
                i++;
            if (i == count && count < groups_max)
                groups[count++] = command->group;
        }
    }
    return count;
}

static void append_command(struct buf *out, const struct command *command)
{
    const char *separator = " (";
    buf_printf(out, " %s", command->name);
    for (const struct command *sub = command->subcommands; sub && sub->name; sub++) {
        buf_printf(out, "%s%s", separator, sub->name);
        separator = " ";
    }
    if (command->subcommands)
        buf_append_char(out, ')');
}

static void print_commands(struct buf *out)
{
    const char *groups[64];
    size_t group_count = list_groups(groups, sizeof groups / sizeof groups[0]);
    buf_append_text(out, "| group | commands (and their subcommands) |\n| --- | --- |\n");
    for (size_t i = 0; i < group_count; i++) {
        buf_printf(out, "| %s |", groups[i]);
        for (int f = 0; f < command_family_count; f++)
            for (const struct command *command = command_families[f]->commands; command->name; command++)
                if (strcmp(command->group, groups[i]) == 0)
                    append_command(out, command);
        buf_append_text(out, " |\n");
    }
}

int main(int argc, char **argv)
{
    struct buf out = {0};
    if (argc == 2 && strcmp(argv[1], "file") == 0) {
        print_file(&out);
    } else if (argc == 2 && strcmp(argv[1], "man") == 0) {
        print_man(&out);
    } else if (argc == 2 && strcmp(argv[1], "table") == 0) {
        print_table(&out);
    } else if (argc == 2 && strcmp(argv[1], "commands") == 0) {
        print_commands(&out);
    } else {
        fputs("usage: config_docs file | man | table | commands\n", stderr);
        return EXIT_FAILURE;
    }
    fwrite(out.data, 1, out.len, stdout);
    buf_clear(&out);
    return EXIT_SUCCESS;
}
