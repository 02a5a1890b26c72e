/* SPDX-License-Identifier: BSD-3-Clause */
/* Every error text that more than one command gives, one row each. Texts of a single command stay with it. In
 * those of admission (engine/admit.c) %s stands for the command, and a detail may follow. */
#ifndef ENGINE_ERRORS_H
#define ENGINE_ERRORS_H

#define ERROR_TEXT_PROTECTED(command, directive)                                                             \
    "ERR " command " command not allowed. If the " directive                                                 \
    " option is set to \"local\", you can run it from "                                                      \
    "a local connection, otherwise you need to set this option in the configuration file, and then restart " \
    "the server."

#define ERROR_TEXTS(X)                                                                                     \
    X(ERR_SYNTAX, "ERR syntax error")                                                                      \
    X(ERR_NOT_INTEGER, "ERR value is not an integer or out of range")                                      \
    X(ERR_NOT_FLOAT, "ERR value is not a valid float")                                                     \
    X(ERR_NOT_POSITIVE, "ERR value is out of range, must be positive")                                     \
    X(ERR_OUT_OF_RANGE, "ERR value is out of range")                                                       \
    X(ERR_REPLY_TOO_LARGE, "ERR the reply would be larger than 256 MB")                                    \
    X(ERR_OVERFLOW, "ERR increment or decrement would overflow")                                           \
    X(ERR_NAN_OR_INFINITY, "ERR increment would produce NaN or Infinity")                                  \
    X(ERR_WRONG_TYPE, "WRONGTYPE Operation against a key holding the wrong kind of value")                 \
    X(ERR_NO_SUCH_KEY, "ERR no such key")                                                                  \
    X(ERR_BUSY_KEY, "BUSYKEY Target key name already exists.")                                             \
    X(ERR_INDEX_OUT_OF_RANGE, "ERR index out of range")                                                    \
    X(ERR_DB_INDEX, "ERR DB index is out of range")                                                        \
    X(ERR_BIT_OFFSET, "ERR bit offset is not an integer or out of range")                                  \
    X(ERR_BIT_VALUE, "ERR bit is not an integer or out of range")                                          \
    X(ERR_STRING_TOO_LONG, "ERR string exceeds maximum allowed size (proto-max-bulk-len)")                 \
    X(ERR_NO_AUTH, "NOAUTH Authentication required.")                                                      \
    X(ERR_WRONG_PASS, "WRONGPASS invalid username-password pair or user is disabled.")                     \
    X(ERR_NO_PERMISSION, "NOPERM ")                                                                        \
    X(ERR_NO_PERMISSION_IN_SCRIPT, "ERR ACL failure in script: ")                                          \
    X(ERR_OOM, "OOM command not allowed when used memory > 'maxmemory'.")                                  \
    X(ERR_LOADING, "LOADING Redis is loading the dataset in memory")                                       \
    X(ERR_SCRIPT_BUSY,                                                                                     \
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")            \
    X(ERR_FUNCTION_BUSY,                                                                                   \
      "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.")          \
    X(ERR_NOT_SAVED,                                                                                       \
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "  \
      "Commands that may modify the data set are disabled, because this instance is configured to report " \
      "errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check " \
      "the Redis logs for details about the RDB error.")                                                   \
    X(ERR_NOT_IN_MULTI, "ERR Command not allowed inside a transaction")                                    \
    X(ERR_SUBSCRIBED,                                                                                      \
      "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "  \
      "in this context")                                                                                   \
    X(ERR_NO_KEYSPACE, "ERR Replica can't interact with the keyspace")                                     \
    X(ERR_DEBUG_PROTECTED, ERROR_TEXT_PROTECTED("DEBUG", "enable-debug-command"))                          \
    X(ERR_MODULE_PROTECTED, ERROR_TEXT_PROTECTED("MODULE", "enable-module-command"))                       \
    X(ERR_EXEC_ABORT, "EXECABORT Transaction discarded because of previous errors.")                       \
    X(ERR_OUT_OF_MEMORY, "ERR insufficient memory for this value")

enum error_code {
#define X(code, text) code,
    ERROR_TEXTS(X)
#undef X
};

const char *error_text(enum error_code code);

#endif
