/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands between the strings of a snapshot file:
 *
 *     "REDIS" and four digits     the version, or
 *     "VALKEY" and three digits   the same of Valkey from 9.0 on, which has types of its own
 *     opcode ...                  facts about the file, sizes, the database that follows
 *     [expiry] [access] type key value
 *     RDB_END, CRC64              lowest byte first; 0: not computed. From version 5 on
 *
 * Types are small numbers, opcodes large ones. */
#ifndef PERSIST_RDB_FORMAT_H
#define PERSIST_RDB_FORMAT_H

#define RDB_MAGIC                 "REDIS"
#define RDB_HEADER_SIZE           9
#define RDB_CHECKSUM_SIZE         8
#define RDB_VERSION_MAX           15
#define RDB_VERSION_WITH_CHECKSUM 5
#define RDB_VERSION_WITH_METADATA 13
#define RDB_VERSION_WITH_EXPIRING 12 /* fields of hashes */

#define RDB_VALKEY_MAGIC          "VALKEY"
#define RDB_VALKEY_VERSION_MIN    80
#define RDB_VALKEY_VERSION_MAX    81

/* Whose numbers they are: up to 21 the types are the same. */
enum rdb_dialect { RDB_REDIS, RDB_VALKEY };

enum rdb_type {
    RDB_TYPE_STRING = 0,
    RDB_TYPE_LIST = 1,
    RDB_TYPE_SET = 2,
    RDB_TYPE_ZSET = 3,
    RDB_TYPE_HASH = 4,
    RDB_TYPE_ZSET2 = 5,
    RDB_TYPE_MODULE_PRE_GA = 6,
    RDB_TYPE_MODULE = 7,
    RDB_TYPE_HASH_ZIPMAP = 9,
    RDB_TYPE_LIST_ZIPLIST = 10,
    RDB_TYPE_SET_INTSET = 11,
    RDB_TYPE_ZSET_ZIPLIST = 12,
    RDB_TYPE_HASH_ZIPLIST = 13,
    RDB_TYPE_LIST_QUICKLIST = 14,
    RDB_TYPE_STREAM = 15,
    RDB_TYPE_HASH_LISTPACK = 16,
    RDB_TYPE_ZSET_LISTPACK = 17,
    RDB_TYPE_LIST_QUICKLIST2 = 18,
    RDB_TYPE_STREAM2 = 19,
    RDB_TYPE_SET_LISTPACK = 20,
    RDB_TYPE_STREAM3 = 21,
    RDB_TYPE_HASH_EXPIRING_PRE_GA = 22,
    RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA = 23,
    RDB_TYPE_HASH_EXPIRING = 24,
    RDB_TYPE_HASH_LISTPACK_EXPIRING = 25,
    RDB_TYPE_STREAM4 = 26,
    RDB_TYPE_STREAM5 = 27,
    RDB_TYPE_ARRAY = 28,
    RDB_TYPE_HASH_TEMPLATE_LISTPACK = 29,
    RDB_TYPE_HASH_TEMPLATE_LISTPACK_REF = 30,
    RDB_TYPE_HASH_TEMPLATE = 31,
    RDB_TYPE_HASH_TEMPLATE_REF = 32,
    RDB_TYPE_RATE_LIMIT = 33,
};

enum rdb_valkey_type {
    RDB_VALKEY_TYPE_HASH_EXPIRING = 22,
    RDB_VALKEY_TYPE_HASH_PATHS = 23,
};

enum rdb_opcode {
    RDB_HASH_TEMPLATE = 242, /* a number, names of fields that hashes refer to */
    RDB_KEY_META = 243,      /* what modules attach to the key that follows */
    RDB_VALKEY_SLOT_IMPORT = 243,
    RDB_SLOT_INFO = 244,
    RDB_FUNCTION2 = 245,
    RDB_FUNCTION_PRE_GA = 246,
    RDB_MODULE_AUX = 247,
    RDB_IDLE = 248,      /* seconds, a length */
    RDB_FREQUENCY = 249, /* one byte */
    RDB_AUX = 250,       /* two strings */
    RDB_RESIZE = 251,    /* two lengths: keys, and those with an end */
    RDB_EXPIRE_MS = 252, /* 8 bytes, wall clock */
    RDB_EXPIRE = 253,    /* 4 bytes, seconds */
    RDB_SELECT = 254,    /* a length */
    RDB_END = 255,
};

#endif
