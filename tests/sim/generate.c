/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests at random: a template is chosen, and its words are filled in. */
#include "arguments.h"
#include <string.h>

static bool is_sensible(const struct template *template, const struct peer_view *view, struct chance *chance)
{
    const char *words = template->words;
    if (view->is_stranger != (template->family == STRANGERS))
        return view->is_stranger && template->family == SILENCE && strcmp(words, "RESET") == 0;
    bool is_scan = strncmp(words, "SCAN", 4) == 0 || template->family == SCANS;
    if (is_scan && (!view->may_scan || view->is_in_multi))
        return false;
    if (template->family == TRACKING &&
        (view->is_in_multi || (!view->is_resp3 && strncmp(words, "HELLO", 5) != 0)))
        return false;
    if (template->family == PASSWORDS && !model.is_password_configured)
        return false;
    if (template->family == STANDING && view->is_in_multi && strncmp(words, "EVAL", 4) != 0 &&
        strncmp(words, "FCALL", 5) != 0)
        return false;
    /* Where among a script's messages its lines stand is told of the one or the other. */
    if ((template->family == MONITORS && view->is_subscribed) ||
        (view->is_monitor && template->family == PUBSUB && strstr(words, "SUBSCRIBE")))
        return false;
    if (template->family == USERS && view->is_in_multi)
        return false;
    if (template->family == SILENCE)
        return !view->is_in_multi && (strcmp(words, "QUIT") != 0 || chance_permille(chance, 100));
    if (view->is_in_multi)
        return template->family != PUBSUB || strncmp(words, "PUB", 3) == 0
                   ? strncmp(words, "HELLO", 5) != 0 && strncmp(words, "SHUTDOWN", 8) != 0 &&
                         strncmp(words, "DEBUG RELOAD", 12) != 0
                   : false;
    if (strncmp(words, "SHUTDOWN", 8) == 0 || strcmp(words, "FLUSHALL ASYNC") == 0)
        return chance_permille(chance, 150);
    return !(view->is_subscribed && !view->is_resp3) || template->family == PUBSUB ||
           chance_permille(chance, 100);
}

static const struct template *draw_template(struct chance *chance)
{
    size_t index = chance_below(chance, value_templates.count + server_templates.count);
    return index < value_templates.count ? &value_templates.rows[index]
                                         : &server_templates.rows[index - value_templates.count];
}

/* NULL: just now none of the theme is sensible. */
static const struct template *choose_of_theme(struct chance *chance, const struct peer_view *view)
{
    enum { TRIES = 400 };
    for (int i = 0; i < TRIES; i++) {
        const struct template *template = draw_template(chance);
        if (template->family == peer_settings.theme && is_sensible(template, view, chance))
            return template;
    }
    return NULL;
}

/* Transactions that come to an end, or stand still, would be rare. NULL: it is something else's turn. */
static const struct template *choose_of_transaction(struct chance *chance, const struct peer_view *view)
{
    static const struct template begin = {TRANSACTIONS, "MULTI"};
    static const struct template rows[] = {
        {TRANSACTIONS, "EXEC"},        {TRANSACTIONS, "EXEC"},
        {TRANSACTIONS, "EXEC"},        {TRANSACTIONS, "EXEC"},
        {STANDING, "EVAL @6 1 B V"},   {STANDING, "EVAL @7 1 B"},
        {STANDING, "FCALL fn3 1 B V"}, {DANGER, "CLIENT KILL ID I SKIPME no"},
    };
    unsigned weight = peer_settings.weights[TRANSACTIONS] + peer_settings.weights[STANDING];
    if (view->is_in_multi)
        return chance_permille(chance, 2 * weight) ? &rows[chance_below(chance, sizeof rows / sizeof rows[0])]
                                                   : NULL;
    return chance_permille(chance, weight / 16) && is_sensible(&begin, view, chance) ? &begin : NULL;
}

static const struct template *choose(struct chance *chance, const struct peer_view *view)
{
    const struct template *of_transaction = choose_of_transaction(chance, view);
    if (of_transaction)
        return of_transaction;
    bool is_of_theme = peer_settings.theme < FAMILY_COUNT && chance_permille(chance, 300);
    const struct template *of_theme = is_of_theme ? choose_of_theme(chance, view) : NULL;
    if (of_theme)
        return of_theme;
    for (;;) {
        const struct template *template = draw_template(chance);
        if (chance_below(chance, 100) < peer_settings.weights[template->family] &&
            is_sensible(template, view, chance))
            return template;
    }
}

/* A scan of elements goes on with its key and cursor, or begins. */
static void aim_scan(const char *words, struct chance *chance, const struct peer_view *view,
                     struct bytes *argv)
{
    static const char letters[] = "HSZ";
    static const enum model_kind kinds[] = {MODEL_HASH, MODEL_SET, MODEL_ZSET};
    enum model_kind kind = kinds[strchr(letters, words[0]) - letters];
    bool goes_on = view->elements->is_going && view->elements->kind == kind;
    argv[1] = goes_on ? peers_key_name(view->elements->key) : argument_of_kind(kind, chance);
    argv[2] = argument_of_cursor(goes_on ? view->elements->cursor : 0);
}

int generate(struct chance *chance, const struct peer_view *view, struct bytes *argv, int max)
{
    const struct template *template = choose(chance, view);
    const char *at = template->words;
    int argc = 0;
    arguments_begin();
    while (argc < max) {
        size_t len = strcspn(at, " ");
        argc += arguments_fill(bytes_make(at, len), chance, view, argv + argc, max - argc);
        if (!at[len])
            break;
        at += len + 1;
    }
    if (template->family == SCANS)
        aim_scan(template->words, chance, view, argv);
    return argc;
}
