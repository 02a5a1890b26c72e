/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests at random. Each row of the table is a template whose capital letters stand for something that is
 * drawn:
 *
 *     K key   V value   T seconds   M milliseconds   W wall time in ms   N number   D database
 *     C channel   P pattern
 *     I id    O offset  S cursor   A bytes, about as many as are used
 *     B L H X Z   key of a string, list, hash, set, sorted set, as a rule
 *     E element   F score   G limit of scores   Q limit of members   R index   U count   Y seconds to wait
 *     J Z's kin   key of the scan of elements that is under way
 *     % stream   & ID of an entry, of the stream named before as a rule   ! group   ? consumer
 *     = what the string named before holds, as a rule
 *
 * "E+", "EV+" and "FE+" are some of them, "@3" is a script, "@a" a library, ~ a payload and ^ a damaged
 * one. A new command is a row here and one in the model. */
#include "base/alloc.h"
#include "clocks.h"
#include "model_script.h"
#include "model_stream.h"
#include "model_tables.h"
#include "payloads.h"
#include "peers.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_SIZE = 1 << 20 };

enum family {
    STRINGS,
    KEYS,
    EXPIRY,
    SESSIONS,
    TRANSACTIONS,
    PUBSUB,
    SERVER,
    DANGER,
    LISTS,
    HASHES,
    FIELDS,
    SETS,
    ZSETS,
    BLOCKING,
    SCANS,
    TRACKING,
    SILENCE,
    SCRIPTS,
    STREAMS,
    GROUPS,
    CONDITIONS,
    BITS,
    FAMILY_COUNT
};
_Static_assert((int)FAMILY_COUNT == (int)FAMILIES, "each has a weight");

struct template
{
    enum family family;
    const char *words;
};

static const struct template templates[] = {
    {STRINGS, "GET B"},
    {STRINGS, "GET B"},
    {STRINGS, "SET B V"},
    {STRINGS, "SET B V"},
    {STRINGS, "set B V NX"},
    {STRINGS, "SET B V XX GET"},
    {STRINGS, "SET B V KEEPTTL"},
    {STRINGS, "GETSET B V"},
    {STRINGS, "GETDEL B"},
    {STRINGS, "SETNX B V"},
    {STRINGS, "MSET B V B V B V"},
    {STRINGS, "MSETNX B V B V"},
    {STRINGS, "MGET B B B B"},
    {STRINGS, "APPEND B V"},
    {STRINGS, "STRLEN B"},
    {STRINGS, "SETRANGE B O V"},
    {STRINGS, "SETRANGE B 17000 V"},
    {STRINGS, "SETRANGE B 40000 E"},
    {STRINGS, "GETRANGE B O N"},
    {STRINGS, "INCR B"},
    {STRINGS, "DECR B"},
    {STRINGS, "INCRBY B N"},
    {CONDITIONS, "SET B V IFEQ ="},
    {CONDITIONS, "SET B V IFNE = PX M"},
    {CONDITIONS, "SET B V IFEQ = GET"},
    {CONDITIONS, "SET B V IFDNE 0123456789abcdef GET KEEPTTL"},
    {CONDITIONS, "SET B V IFDEQ 0123"},
    {CONDITIONS, "DELEX B"},
    {CONDITIONS, "DELEX B IFEQ ="},
    {CONDITIONS, "DELEX B IFNE ="},
    {CONDITIONS, "DELEX B IFDEQ 0123456789abcdef"},
    {CONDITIONS, "DELIFEQ B ="},
    {CONDITIONS, "DIGEST B"},
    {CONDITIONS, "MSETEX 2 B V B V PX M"},
    {CONDITIONS, "MSETEX 2 B V B V NX"},
    {CONDITIONS, "MSETEX 3 B V B V B V XX KEEPTTL"},
    {CONDITIONS, "MSETEX 1 B V EX T XX"},
    {CONDITIONS, "INCREX B"},
    {CONDITIONS, "INCREX B BYINT R LBOUND -5 UBOUND 10"},
    {CONDITIONS, "INCREX B BYINT N UBOUND 20 SATURATE PX M"},
    {CONDITIONS, "INCREX B BYINT 1 UBOUND 5 PX M ENX"},
    {CONDITIONS, "INCREX B XX PERSIST"},
    {CONDITIONS, "INCREX B NX EX T"},
    {BITS, "SETBIT B O 1"},
    {BITS, "SETBIT B O 0"},
    {BITS, "GETBIT B O"},
    {BITS, "BITCOUNT B"},
    {BITS, "BITCOUNT B R R"},
    {BITS, "BITCOUNT B R R BIT"},
    {BITS, "BITPOS B 1"},
    {BITS, "BITPOS B 0"},
    {BITS, "BITPOS B 0 R"},
    {BITS, "BITPOS B 1 R R"},
    {BITS, "BITPOS B 0 R R BIT"},
    {BITS, "BITFIELD B GET u5 O GET i7 O"},
    {BITS, "BITFIELD B SET u8 O N GET i4 O"},
    {BITS, "BITFIELD B INCRBY i6 O R INCRBY u9 O R"},
    {BITS, "BITOP AND B B B"},
    {BITS, "BITOP OR B B B B"},
    {BITS, "BITOP XOR B B B"},
    {BITS, "BITOP NOT B B"},
    {KEYS, "DEL K"},
    {KEYS, "DEL K K K"},
    {KEYS, "UNLINK K K"},
    {KEYS, "EXISTS K K"},
    {KEYS, "TOUCH K"},
    {KEYS, "TYPE K"},
    {KEYS, "RENAME K K"},
    {KEYS, "RENAMENX K K"},
    {KEYS, "COPY K K"},
    {KEYS, "COPY K K REPLACE"},
    {KEYS, "MOVE K D"},
    {KEYS, "RANDOMKEY"},
    {KEYS, "KEYS *"},
    {KEYS, "SCAN S"},
    {KEYS, "SCAN S"},
    {KEYS, "SCAN S COUNT 3"},
    {KEYS, "DBSIZE"},
    {KEYS, "OBJECT ENCODING K"},
    {KEYS, "SCAN S TYPE hash"},
    {LISTS, "LPUSH L E"},
    {LISTS, "RPUSH L E E"},
    {LISTS, "RPUSH L E+"},
    {LISTS, "LPUSH L E+"},
    {LISTS, "LPUSHX L E"},
    {LISTS, "RPUSHX L V"},
    {LISTS, "LPOP L"},
    {LISTS, "RPOP L"},
    {LISTS, "LPOP L U"},
    {LISTS, "RPOP L U"},
    {LISTS, "LLEN L"},
    {LISTS, "LINDEX L R"},
    {LISTS, "LRANGE L R R"},
    {LISTS, "LRANGE L 0 -1"},
    {LISTS, "LSET L R E"},
    {LISTS, "LTRIM L R R"},
    {LISTS, "LINSERT L BEFORE E E"},
    {LISTS, "LINSERT L AFTER E V"},
    {LISTS, "LREM L R E"},
    {LISTS, "LPOS L E"},
    {LISTS, "LPOS L E RANK 2 COUNT 0"},
    {LISTS, "LPOS L E RANK -1 COUNT 2 MAXLEN 20"},
    {LISTS, "LMOVE L L LEFT RIGHT"},
    {LISTS, "LMOVE L L RIGHT LEFT"},
    {LISTS, "RPOPLPUSH L L"},
    {LISTS, "LMPOP 2 L L LEFT"},
    {LISTS, "LMPOP 2 L L RIGHT COUNT 3"},
    {LISTS, "SORT L"},
    {LISTS, "SORT L ALPHA DESC"},
    {LISTS, "SORT L LIMIT O U DESC"},
    {LISTS, "SORT L BY nosort GET # GET k* GET k*->7"},
    {LISTS, "SORT L BY k*"},
    {LISTS, "SORT L BY k*->7 DESC GET k*"},
    {LISTS, "SORT L ALPHA STORE L"},
    {LISTS, "SORT_RO L ALPHA"},
    {HASHES, "HSET H E V"},
    {HASHES, "HSET H E V E V"},
    {HASHES, "HSET H EV+"},
    {HASHES, "HMSET H EV+"},
    {HASHES, "HSETNX H E V"},
    {HASHES, "HDEL H E"},
    {HASHES, "HDEL H E+"},
    {HASHES, "HGET H E"},
    {HASHES, "HMGET H E E E"},
    {HASHES, "HLEN H"},
    {HASHES, "HSTRLEN H E"},
    {HASHES, "HEXISTS H E"},
    {HASHES, "HGETALL H"},
    {HASHES, "HKEYS H"},
    {HASHES, "HVALS H"},
    {HASHES, "HINCRBY H E N"},
    {HASHES, "HINCRBYFLOAT H E F"},
    {HASHES, "HRANDFIELD H"},
    {HASHES, "HRANDFIELD H U"},
    {HASHES, "HRANDFIELD H -5 WITHVALUES"},
    {HASHES, "HRANDFIELD H U WITHVALUES"},
    {FIELDS, "HEXPIRE H T FIELDS 1 E"},
    {FIELDS, "HPEXPIRE H M FIELDS 2 E E"},
    {FIELDS, "HPEXPIRE H M FIELDS 3 E E E"},
    {FIELDS, "HPEXPIRE H M NX FIELDS 1 E"},
    {FIELDS, "HPEXPIRE H M XX FIELDS 1 E"},
    {FIELDS, "HPEXPIRE H M GT FIELDS 1 E"},
    {FIELDS, "HPEXPIRE H M LT FIELDS 2 E E"},
    {FIELDS, "HPEXPIREAT H W FIELDS 1 E"},
    {FIELDS, "HEXPIREAT H 1 FIELDS 1 E"},
    {FIELDS, "HPEXPIRE H 0 FIELDS 1 E"},
    {FIELDS, "HPERSIST H FIELDS 2 E E"},
    {FIELDS, "HTTL H FIELDS 2 E E"},
    {FIELDS, "HPTTL H FIELDS 1 E"},
    {FIELDS, "HEXPIRETIME H FIELDS 1 E"},
    {FIELDS, "HPEXPIRETIME H FIELDS 1 E"},
    {FIELDS, "HGETDEL H FIELDS 2 E E"},
    {FIELDS, "HGETEX H PX M FIELDS 2 E E"},
    {FIELDS, "HGETEX H PERSIST FIELDS 1 E"},
    {FIELDS, "HGETEX H PXAT 5 FIELDS 1 E"},
    {FIELDS, "HGETEX H FIELDS 1 E"},
    {FIELDS, "HSETEX H PX M FIELDS 2 E V E V"},
    {FIELDS, "HSETEX H FNX PX M FIELDS 1 E V"},
    {FIELDS, "HSETEX H FXX KEEPTTL FIELDS 1 E V"},
    {FIELDS, "HSETEX H PXAT 5 FIELDS 1 E V"},
    {SETS, "SADD X E"},
    {SETS, "SADD X E E V"},
    {SETS, "SADD X E+"},
    {SETS, "SADD X N N N"},
    {SETS, "SREM X E"},
    {SETS, "SREM X E+"},
    {SETS, "SMOVE X X E"},
    {SETS, "SISMEMBER X E"},
    {SETS, "SMISMEMBER X E E"},
    {SETS, "SCARD X"},
    {SETS, "SMEMBERS X"},
    {SETS, "SPOP X"},
    {SETS, "SPOP X U"},
    {SETS, "SRANDMEMBER X"},
    {SETS, "SRANDMEMBER X U"},
    {SETS, "SRANDMEMBER X -7"},
    {SETS, "SUNION X X"},
    {SETS, "SINTER X X"},
    {SETS, "SDIFF X X X"},
    {SETS, "SUNIONSTORE X X X"},
    {SETS, "SINTERSTORE X X X"},
    {SETS, "SDIFFSTORE X X X"},
    {SETS, "SINTERCARD 2 X X"},
    {SETS, "SINTERCARD 2 X X LIMIT U"},
    {SETS, "SORT X ALPHA"},
    {SETS, "SORT X BY nosort"},
    {SETS, "SORT X DESC STORE L"},
    {ZSETS, "ZADD Z F E"},
    {ZSETS, "ZADD Z F E F E F E"},
    {ZSETS, "ZADD Z FE+"},
    {ZSETS, "ZADD Z 0 E 0 E"},
    {ZSETS, "ZADD Z NX F E F E"},
    {ZSETS, "ZADD Z XX CH F E F E"},
    {ZSETS, "ZADD Z GT CH F E"},
    {ZSETS, "ZADD Z LT F E"},
    {ZSETS, "ZADD Z XX INCR F E"},
    {ZSETS, "ZINCRBY Z F E"},
    {ZSETS, "ZREM Z E"},
    {ZSETS, "ZREM Z E+"},
    {ZSETS, "ZSCORE Z E"},
    {ZSETS, "ZMSCORE Z E E"},
    {ZSETS, "ZCARD Z"},
    {ZSETS, "ZRANK Z E"},
    {ZSETS, "ZREVRANK Z E WITHSCORE"},
    {ZSETS, "ZRANGE Z R R"},
    {ZSETS, "ZRANGE Z 0 -1 WITHSCORES"},
    {ZSETS, "ZRANGE Z R R REV WITHSCORES"},
    {ZSETS, "ZRANGE Z G G BYSCORE LIMIT O U"},
    {ZSETS, "ZRANGE Z G G BYSCORE REV"},
    {ZSETS, "ZRANGE Z Q Q BYLEX"},
    {ZSETS, "ZRANGEBYSCORE Z G G WITHSCORES LIMIT O U"},
    {ZSETS, "ZREVRANGEBYSCORE Z G G"},
    {ZSETS, "ZRANGEBYLEX Z Q Q"},
    {ZSETS, "ZREVRANGEBYLEX Z Q Q LIMIT O U"},
    {ZSETS, "ZREVRANGE Z R R"},
    {ZSETS, "ZCOUNT Z G G"},
    {ZSETS, "ZLEXCOUNT Z Q Q"},
    {ZSETS, "ZREMRANGEBYRANK Z R R"},
    {ZSETS, "ZREMRANGEBYSCORE Z G G"},
    {ZSETS, "ZRANGESTORE Z Z R R"},
    {ZSETS, "ZRANGESTORE Z Z G G BYSCORE REV LIMIT O U"},
    {ZSETS, "ZPOPMIN Z"},
    {ZSETS, "ZPOPMAX Z U"},
    {ZSETS, "ZMPOP 2 Z Z MIN"},
    {ZSETS, "ZMPOP 2 Z Z MAX COUNT 3"},
    {ZSETS, "ZRANDMEMBER Z"},
    {ZSETS, "ZRANDMEMBER Z U"},
    {ZSETS, "ZRANDMEMBER Z -4 WITHSCORES"},
    {ZSETS, "ZRANDMEMBER Z U WITHSCORES"},
    {ZSETS, "ZUNION 2 Z Z WITHSCORES"},
    {ZSETS, "ZUNION 3 Z X Z WEIGHTS 2 1 -3 AGGREGATE MAX WITHSCORES"},
    {ZSETS, "ZINTER 2 Z Z"},
    {ZSETS, "ZDIFF 2 Z X WITHSCORES"},
    {ZSETS, "ZUNIONSTORE Z 2 Z Z WEIGHTS 1 2"},
    {ZSETS, "ZINTERSTORE Z 2 Z X AGGREGATE MIN"},
    {ZSETS, "ZDIFFSTORE Z 2 Z Z"},
    {ZSETS, "ZINTERCARD 2 Z Z LIMIT U"},
    {ZSETS, "SORT Z ALPHA"},
    {BLOCKING, "BLPOP L Y"},
    {BLOCKING, "BLPOP L L L Y"},
    {BLOCKING, "BRPOP L L Y"},
    {BLOCKING, "BLMPOP Y 2 L L LEFT COUNT 2"},
    {BLOCKING, "BLMOVE L L LEFT RIGHT Y"},
    {BLOCKING, "BRPOPLPUSH L L Y"},
    {BLOCKING, "BZPOPMIN Z Z Y"},
    {BLOCKING, "BZPOPMAX Z Y"},
    {BLOCKING, "BZMPOP Y 2 Z Z MIN COUNT 2"},
    {STREAMS, "XADD % * E V"},
    {STREAMS, "XADD % * E V"},
    {STREAMS, "XADD % * 1 E 2 E"},
    {STREAMS, "XADD % * 1 V 2 V"},
    {STREAMS, "XADD % MAXLEN U * E V"},
    {STREAMS, "XADD % MINID & * 1 E"},
    {STREAMS, "XADD % NOMKSTREAM * E E"},
    {STREAMS, "XADD % & E E"},
    {STREAMS, "XLEN %"},
    {STREAMS, "XRANGE % - +"},
    {STREAMS, "XRANGE % & + COUNT 2"},
    {STREAMS, "XREVRANGE % + -"},
    {STREAMS, "XREVRANGE % & - COUNT 3"},
    {STREAMS, "XDEL % &"},
    {STREAMS, "XDEL % & & &"},
    {STREAMS, "XTRIM % MAXLEN U"},
    {STREAMS, "XTRIM % MINID &"},
    {STREAMS, "XREAD COUNT 2 STREAMS % &"},
    {STREAMS, "XREAD STREAMS % % 0 0"},
    {STREAMS, "XREAD BLOCK N STREAMS % $"},
    {STREAMS, "XREAD BLOCK N STREAMS % % & $"},
    {STREAMS, "XREAD BLOCK M COUNT 1 STREAMS % $"},
    {STREAMS, "XINFO STREAM %"},
    {STREAMS, "XINFO STREAM % FULL"},
    {GROUPS, "XGROUP CREATE % ! $"},
    {GROUPS, "XGROUP CREATE % ! 0"},
    {GROUPS, "XGROUP CREATE % ! & MKSTREAM"},
    {GROUPS, "XGROUP CREATE % ! 0 MKSTREAM"},
    {GROUPS, "XGROUP SETID % ! &"},
    {GROUPS, "XGROUP SETID % ! $"},
    {GROUPS, "XGROUP CREATECONSUMER % ! ?"},
    {GROUPS, "XGROUP DELCONSUMER % ! ?"},
    {GROUPS, "XGROUP DESTROY % !"},
    {GROUPS, "XREADGROUP GROUP ! ? STREAMS % >"},
    {GROUPS, "XREADGROUP GROUP ! ? COUNT 2 STREAMS % >"},
    {GROUPS, "XREADGROUP GROUP ! ? NOACK STREAMS % >"},
    {GROUPS, "XREADGROUP GROUP ! ? STREAMS % % > >"},
    {GROUPS, "XREADGROUP GROUP ! ? COUNT 3 STREAMS % &"},
    {GROUPS, "XREADGROUP GROUP ! ? STREAMS % 0"},
    {GROUPS, "XREADGROUP GROUP ! ? BLOCK N STREAMS % >"},
    {GROUPS, "XREADGROUP GROUP ! ? COUNT 1 BLOCK M STREAMS % % > >"},
    {GROUPS, "XACK % ! &"},
    {GROUPS, "XACK % ! & &"},
    {GROUPS, "XPENDING % !"},
    {GROUPS, "XPENDING % ! - + 10"},
    {GROUPS, "XPENDING % ! - + 3 ?"},
    {GROUPS, "XCLAIM % ! ? N & &"},
    {GROUPS, "XCLAIM % ! ? 0 & JUSTID"},
    {GROUPS, "XCLAIM % ! ? 0 & FORCE RETRYCOUNT 7"},
    {GROUPS, "XCLAIM % ! ? 0 & FORCE"},
    {GROUPS, "XAUTOCLAIM % ! ? N 0 COUNT 2"},
    {GROUPS, "XAUTOCLAIM % ! ? 0 & COUNT 3 JUSTID"},
    {GROUPS, "XINFO GROUPS %"},
    {GROUPS, "XINFO CONSUMERS % !"},
    {SCANS, "HSCAN J S"},
    {SCANS, "HSCAN J S COUNT 3"},
    {SCANS, "SSCAN J S COUNT 4"},
    {SCANS, "ZSCAN J S"},
    {SCANS, "ZSCAN J S COUNT 2"},
    {KEYS, "RESTORE K 0 ~"},
    {KEYS, "RESTORE K 0 ~ REPLACE"},
    {KEYS, "RESTORE K M ~ REPLACE"},
    {KEYS, "RESTORE K 1 ^ ABSTTL"},
    {KEYS, "RESTORE K 1 ^ ABSTTL"},
    {EXPIRY, "EXPIRE K T"},
    {EXPIRY, "PEXPIRE K M"},
    {EXPIRY, "PEXPIRE K M NX"},
    {EXPIRY, "PEXPIRE K M XX"},
    {EXPIRY, "PEXPIRE K M GT"},
    {EXPIRY, "PEXPIRE K M LT"},
    {EXPIRY, "PEXPIREAT K W"},
    {EXPIRY, "PERSIST K"},
    {EXPIRY, "TTL K"},
    {EXPIRY, "PTTL K"},
    {EXPIRY, "PEXPIRETIME K"},
    {EXPIRY, "PEXPIRE K -5"},
    {SESSIONS, "SET B V PX M"},
    {SESSIONS, "SET B V PX M"},
    {SESSIONS, "SET B V EX T"},
    {SESSIONS, "SET B V PXAT W"},
    {SESSIONS, "SETEX B T V"},
    {SESSIONS, "PSETEX B M V"},
    {SESSIONS, "GETEX B PX M"},
    {SESSIONS, "GETEX B PERSIST"},
    {SESSIONS, "GETEX B"},
    {TRANSACTIONS, "MULTI"},
    {TRANSACTIONS, "MULTI"},
    {TRANSACTIONS, "EXEC"},
    {TRANSACTIONS, "DISCARD"},
    {TRANSACTIONS, "WATCH K K"},
    {TRANSACTIONS, "WATCH K"},
    {TRANSACTIONS, "UNWATCH"},
    {PUBSUB, "SUBSCRIBE C"},
    {PUBSUB, "SUBSCRIBE C C"},
    {PUBSUB, "UNSUBSCRIBE C"},
    {PUBSUB, "PSUBSCRIBE P"},
    {PUBSUB, "PUNSUBSCRIBE P"},
    {PUBSUB, "PUBLISH C V"},
    {PUBSUB, "PUBLISH C V"},
    {SERVER, "OBJECT ENCODING K"},
    {SERVER, "OBJECT IDLETIME K"},
    {SERVER, "MEMORY USAGE K"},
    {SERVER, "DUMP K"},
    {SERVER, "CLIENT LIST"},
    {SERVER, "CLIENT INFO"},
    {SERVER, "SLOWLOG GET"},
    {SERVER, "OBJECT FREQ K"},
    {SERVER, "OBJECT REFCOUNT K"},
    {SERVER, "MEMORY STATS"},
    {SERVER, "MEMORY USAGE K SAMPLES 0"},
    {SERVER, "INFO everything"},
    {SERVER, "INFO memory"},
    {SERVER, "TIME"},
    {SERVER, "COMMAND COUNT"},
    {SERVER, "COMMAND INFO get zadd"},
    {SERVER, "COMMAND DOCS client"},
    {SERVER, "COMMAND DOCS zadd sort xadd set"},
    {SERVER, "COMMAND GETKEYS ZUNIONSTORE K 2 K K"},
    {SERVER, "COMMAND GETKEYSANDFLAGS SORT K STORE K"},
    {SERVER, "COMMAND GETKEYS EVAL x 2 K K"},
    {SERVER, "COMMAND GETKEYS XREADGROUP GROUP g c COUNT 2 STREAMS K K 0 0"},
    {SERVER, "COMMAND GETKEYS XREAD STREAMS K 0"},
    {SERVER, "COMMAND GETKEYS MSETEX 2 K V K V"},
    {SERVER, "COMMAND GETKEYS MSET K V K V"},
    {SERVER, "COMMAND GETKEYS LMPOP 2 K K LEFT"},
    {SERVER, "COMMAND GETKEYS BZMPOP 0 9 K K MIN"},
    {SERVER, "COMMAND GETKEYSANDFLAGS DELEX K IFEQ V"},
    {SERVER, "COMMAND GETKEYSANDFLAGS SET K V GET"},
    {SERVER, "COMMAND GETKEYS GEORADIUS K 1 1 1 km STORE K"},
    {SERVER, "COMMAND GETKEYS PING"},
    {SERVER, "ACL WHOAMI"},
    {SERVER, "ACL CAT"},
    {SERVER, "ACL CAT hash"},
    {SERVER, "ROLE"},
    {SERVER, "DEBUG DIGEST"},
    {SERVER, "DEBUG OBJECT K"},
    {SERVER, "CLIENT LIST TYPE normal"},
    {SERVER, "CLIENT LIST ID I"},
    {SERVER, "CLIENT NO-EVICT ON"},
    {SERVER, "CLIENT NO-TOUCH ON"},
    {SERVER, "CLIENT NO-TOUCH OFF"},
    {SERVER, "CLIENT SETNAME E"},
    {SERVER, "CLIENT GETNAME"},
    {SERVER, "BGSAVE SCHEDULE"},
    {SERVER, "CONFIG SET rdb-version 10"},
    {SERVER, "CONFIG SET rdb-version 11"},
    {SERVER, "CONFIG SET rdbcompression no"},
    {SERVER, "CONFIG SET rdbcompression yes"},
    {SERVER, "CONFIG SET hash-max-listpack-entries N"},
    {SERVER, "CONFIG SET list-max-listpack-size 5"},
    {SERVER, "CONFIG SET list-max-listpack-size -2"},
    {SERVER, "CONFIG SET set-max-intset-entries N"},
    {SERVER, "CONFIG SET zset-max-listpack-entries N"},
    {SERVER, "CONFIG SET lazyfree-lazy-user-del yes"},
    {SERVER, "CONFIG SET lazyfree-lazy-server-del yes"},
    {SERVER, "CONFIG SET slowlog-log-slower-than 0"},
    {SERVER, "CONFIG SET latency-monitor-threshold 1"},
    {SERVER, "CONFIG SET latency-tracking no"},
    {SERVER, "CONFIG SET activedefrag yes"},
    {SERVER, "LATENCY LATEST"},
    {SERVER, "SLOWLOG RESET"},
    {SERVER, "SESSION.STATS"},
    {DANGER, "CONFIG SET maxmemory-policy volatile-lru"},
    {DANGER, "CONFIG SET maxmemory-policy volatile-lfu"},
    {DANGER, "CONFIG SET maxmemory-policy volatile-random"},
    {DANGER, "CONFIG SET maxmemory-policy allkeys-random"},
    {DANGER, "CONFIG SET maxmemory-policy noeviction"},
    {DANGER, "CONFIG SET eviction-order user:"},
    {DANGER, "CONFIG SET eviction-order "},
    {DANGER, "CONFIG SET maxmemory-samples 64"},
    {DANGER, "CONFIG SET maxmemory-eviction-tenacity 0"},
    {SERVER, "CONFIG GET *max*"},
    {PUBSUB, "PUBSUB CHANNELS"},
    {PUBSUB, "PUBSUB NUMSUB C"},
    {SERVER, "PING"},
    {SERVER, "WAIT N M"},
    {SERVER, "ECHO V"},
    {SERVER, "SELECT D"},
    {SERVER, "SELECT 0"},
    {SERVER, "HELLO 3"},
    {SERVER, "CLIENT ID"},
    {SERVER, "CONFIG SET notify-keyspace-events KEA"},
    {SERVER, "CONFIG SET notify-keyspace-events Ex"},
    {SERVER, "CONFIG SET notify-keyspace-events K$g"},
    {SERVER, "CONFIG SET notify-keyspace-events KElshz"},
    {SERVER, "CONFIG SET notify-keyspace-events "},
    {SERVER, "BGSAVE"},
    {SERVER, "LASTSAVE"},
    {SERVER, "NOSUCH K"},
    {SERVER, "GET"},
    {DANGER, "FLUSHDB"},
    {DANGER, "FLUSHALL ASYNC"},
    {DANGER, "FLUSHALL SYNC"},
    {DANGER, "SWAPDB D D"},
    {DANGER, "SWAPDB 0 1"},
    {DANGER, "CLIENT KILL ID I"},
    {TRACKING, "CLIENT TRACKING ON"},
    {TRACKING, "CLIENT TRACKING ON NOLOOP"},
    {TRACKING, "CLIENT TRACKING ON BCAST"},
    {TRACKING, "CLIENT TRACKING ON BCAST NOLOOP"},
    {TRACKING, "CLIENT TRACKING ON OPTIN"},
    {TRACKING, "CLIENT TRACKING ON OPTOUT"},
    {TRACKING, "CLIENT TRACKING OFF"},
    {TRACKING, "CLIENT CACHING YES"},
    {TRACKING, "CLIENT CACHING NO"},
    {TRACKING, "CLIENT TRACKINGINFO"},
    {TRACKING, "CLIENT GETREDIR"},
    {TRACKING, "HELLO 3"},
    {SILENCE, "CLIENT REPLY ON"},
    {SILENCE, "CLIENT REPLY ON"},
    {SILENCE, "CLIENT REPLY OFF"},
    {SILENCE, "CLIENT REPLY SKIP"},
    {SILENCE, "RESET"},
    {SILENCE, "QUIT"},
    {SCRIPTS, "EVAL @0 1 B V"},
    {SCRIPTS, "EVAL @1 1 B"},
    {SCRIPTS, "EVAL @2 2 L L E"},
    {SCRIPTS, "EVAL @3 1 H E"},
    {SCRIPTS, "EVAL @4 2 K K"},
    {SCRIPTS, "EVAL @5 1 X E E"},
    {SCRIPTS, "FUNCTION LOAD @a"},
    {SCRIPTS, "FUNCTION LOAD REPLACE @a"},
    {SCRIPTS, "FUNCTION LOAD REPLACE @b"},
    {SCRIPTS, "FUNCTION LOAD @c"},
    {SCRIPTS, "FUNCTION DELETE lib0"},
    {SCRIPTS, "FUNCTION DELETE lib2"},
    {SCRIPTS, "FUNCTION LIST"},
    {SCRIPTS, "FUNCTION DUMP"},
    {DANGER, "FUNCTION FLUSH"},
    {SCRIPTS, "FCALL fn0 1 B V"},
    {SCRIPTS, "FCALL fn0 1 B V"},
    {SCRIPTS, "FCALL fn1 2 L L E"},
    {SCRIPTS, "FCALL fn2 1 H E"},
    {BLOCKING, "CLIENT UNBLOCK I"},
    {BLOCKING, "CLIENT UNBLOCK I TIMEOUT"},
    {BLOCKING, "CLIENT UNBLOCK I ERROR"},
    {DANGER, "CLIENT PAUSE N WRITE"},
    {DANGER, "CLIENT PAUSE N ALL"},
    {DANGER, "CLIENT UNPAUSE"},
    {DANGER, "CONFIG SET maxmemory A"},
    {DANGER, "CONFIG SET maxmemory 0"},
    {DANGER, "CONFIG SET maxmemory-policy allkeys-lru"},
    {DANGER, "CONFIG SET maxmemory-policy volatile-ttl"},
    {DANGER, "CONFIG SET maxmemory-policy allkeys-lfu"},
    {DANGER, "SAVE"},
    {DANGER, "SHUTDOWN SAVE"},
    {DANGER, "SHUTDOWN NOSAVE"},
};

enum { TEMPLATE_COUNT = sizeof templates / sizeof templates[0] };

static char arena[ARENA_SIZE];
static size_t arena_used;

static struct bytes print(int64_t number)
{
    char *at = arena + arena_used;
    int len = snprintf(at, ARENA_SIZE - arena_used, "%" PRId64, number);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes print_cursor(uint64_t cursor)
{
    char *at = arena + arena_used;
    int len = snprintf(at, ARENA_SIZE - arena_used, "%" PRIu64, cursor);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

/* Numbers, short ones and long ones; what makes a blob of its own is rare. */
static struct bytes value(struct chance *chance)
{
    if (chance_permille(chance, 250))
        return print(chance_between(chance, -1000, 100000));
    size_t len = (size_t)chance_below(chance, chance_permille(chance, 30) ? peer_settings.value_max : 60);
    if (len > ARENA_SIZE - arena_used - 64)
        len = 10;
    char *at = arena + arena_used;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = chance_next(chance);
        memcpy(at + i, &word, len - i < 8 ? len - i : 8);
    }
    arena_used += len;
    return bytes_make(at, len);
}

static struct bytes milliseconds(struct chance *chance, int64_t offset)
{
    int64_t most = chance_permille(chance, 700) ? 50 : peer_settings.ttl_max_ms;
    return print(offset + chance_between(chance, 1, most));
}

/* Keys have a kind, which is kept to as a rule: those of the same number modulo all kinds. */
static struct bytes key_of_kind(enum model_kind kind, struct chance *chance)
{
    int index = (int)chance_below(chance, (uint64_t)peer_settings.key_count);
    if (chance_permille(chance, 960))
        index -= index % MODEL_KIND_COUNT - (int)kind;
    return peers_key_name(index < peer_settings.key_count ? index : (int)kind);
}

/* Of a range that depends on the run, so that collections meet, and grow. */
static struct bytes element(struct chance *chance)
{
    if (chance_permille(chance, 20))
        return value(chance);
    char *at = arena + arena_used;
    const char *prefix = chance_permille(chance, 150) ? "m" : "";
    int len = snprintf(at, ARENA_SIZE - arena_used, "%s%d", prefix,
                       (int)chance_below(chance, (uint64_t)peer_settings.element_count));
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes one_of(struct chance *chance, const char *const *words, size_t count)
{
    return bytes_of(words[chance_below(chance, count)]);
}

/* Halves, which add up exactly. */
static struct bytes score(struct chance *chance)
{
    char *at = arena + arena_used;
    int64_t halves = chance_between(chance, -40, 40);
    int len = snprintf(at, ARENA_SIZE - arena_used, "%g", (double)halves / 2);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes last_stream, last_string;

static struct bytes stream(struct chance *chance)
{
    last_stream = key_of_kind(MODEL_STREAM, chance);
    return last_stream;
}

static struct bytes value_there(struct chance *chance)
{
    const struct slot *slot = &model.data.slots[0][model_key(last_string)];
    struct bytes text = buf_bytes(&slot->value.text);
    if (!slot->is_there || slot->value.kind != MODEL_STRING || text.len > ARENA_SIZE - arena_used - 64 ||
        chance_permille(chance, 200))
        return value(chance);
    char *at = arena + arena_used;
    if (text.len > 0)
        memcpy(at, text.data, text.len);
    arena_used += text.len;
    return bytes_make(at, text.len);
}

static struct bytes entry_id(struct chance *chance)
{
    const struct slot *slot = &model.data.slots[0][last_stream.len ? model_key(last_stream) : 0];
    struct id id = {(uint64_t)chance_between(chance, 0, 3), (uint64_t)chance_between(chance, 0, 3)};
    if (slot->is_there && slot->value.kind == MODEL_STREAM && slot->value.count > 0 &&
        chance_permille(chance, 900))
        id = id_of_item(&slot->value.items[chance_below(chance, (uint64_t)slot->value.count)]);
    if (chance_permille(chance, 100))
        id.sequence++;
    char *at = arena + arena_used;
    id_print(at, id);
    arena_used += ID_TEXT;
    return bytes_of(at);
}

static struct bytes fill(char letter, struct chance *chance, const struct peer_view *view)
{
    static const char *const score_limits[] = {"-inf", "+inf", "0", "(0", "-7.5", "(3.5", "10", "(-12"};
    static const char *const member_limits[] = {"-", "+", "[1", "(2", "[5", "(m1", "[m4", "[9"};
    static const char *const seconds[] = {"0.01", "0.05", "0.3", "1", "0.002", "2.5", "0"};
    switch (letter) {
    case '%':
        return stream(chance);
    case '&':
        return entry_id(chance);
    case '!':
        return one_of(chance, model_groups, STREAM_GROUPS);
    case '?':
        return one_of(chance, model_consumers, STREAM_CONSUMERS);
    case '~':
        return payload_take(chance);
    case '^':
        return payload_damage(chance, payload_take(chance));
    case 'B':
        last_string = key_of_kind(MODEL_STRING, chance);
        return last_string;
    case '=':
        return value_there(chance);
    case 'L':
        return key_of_kind(MODEL_LIST, chance);
    case 'H':
        return key_of_kind(MODEL_HASH, chance);
    case 'X':
        return key_of_kind(MODEL_SET, chance);
    case 'Z':
        return key_of_kind(MODEL_ZSET, chance);
    case 'E':
        return element(chance);
    case 'F':
        return score(chance);
    case 'G':
        return one_of(chance, score_limits, sizeof score_limits / sizeof score_limits[0]);
    case 'Q':
        return one_of(chance, member_limits, sizeof member_limits / sizeof member_limits[0]);
    case 'Y':
        return one_of(chance, seconds, sizeof seconds / sizeof seconds[0]);
    case 'R':
        return print(chance_between(chance, -12, 12));
    case 'U':
        return print(chance_between(chance, 0, chance_permille(chance, 800) ? 6 : 400));
    case 'K':
        return peers_key_name((int)chance_below(chance, (uint64_t)peer_settings.key_count));
    case 'V':
        return value(chance);
    case 'T':
        return print(chance_between(chance, 1, 3));
    case 'M':
        return milliseconds(chance, 0);
    case 'W':
        return milliseconds(chance, clocks_wall_ms());
    case 'N':
        return print(chance_between(chance, 0, 40));
    case 'A':
        return print((int64_t)mem_used() + chance_between(chance, -2000, 30000));
    case 'O':
        return print(chance_between(chance, 0, chance_permille(chance, 50) ? 3000 : 30));
    case 'D':
        return print((int64_t)chance_below(chance, (uint64_t)peer_settings.database_count));
    case 'C':
        return bytes_of(model_channels[chance_below(chance, MODEL_CHANNELS)]);
    case 'P':
        return bytes_of(model_patterns[chance_below(chance, MODEL_PATTERNS)]);
    case 'I':
        return print(chance_between(chance, 1, 20));
    default:
        return print_cursor(view->scan_cursor);
    }
}

static bool is_sensible(const struct template *template, const struct peer_view *view, struct chance *chance)
{
    const char *words = template->words;
    bool is_scan = strncmp(words, "SCAN", 4) == 0 || template->family == SCANS;
    if (is_scan && (!view->may_scan || view->is_in_multi))
        return false;
    if (template->family == TRACKING &&
        (view->is_in_multi || (!view->is_resp3 && strncmp(words, "HELLO", 5) != 0)))
        return false;
    if (template->family == SILENCE)
        return !view->is_in_multi && (strcmp(words, "QUIT") != 0 || chance_permille(chance, 100));
    if (view->is_in_multi)
        return template->family != PUBSUB || strncmp(words, "PUB", 3) == 0
                   ? strncmp(words, "HELLO", 5) != 0 && strncmp(words, "SHUTDOWN", 8) != 0
                   : false;
    if (strncmp(words, "SHUTDOWN", 8) == 0 || strcmp(words, "FLUSHALL ASYNC") == 0)
        return chance_permille(chance, 150);
    return !(view->is_subscribed && !view->is_resp3) || template->family == PUBSUB ||
           chance_permille(chance, 100);
}

static const struct template *choose(struct chance *chance, const struct peer_view *view)
{
    for (;;) {
        const struct template *template = &templates[chance_below(chance, TEMPLATE_COUNT)];
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
    argv[1] = goes_on ? peers_key_name(view->elements->key) : key_of_kind(kind, chance);
    argv[2] = print_cursor(goes_on ? view->elements->cursor : 0);
}

/* "EV+": pairs of these, some of them. */
static int fill_many(const char *letters, size_t len, struct chance *chance, const struct peer_view *view,
                     struct bytes *argv, int room)
{
    int count = (int)chance_between(chance, 1, peer_settings.many_max), argc = 0;
    for (; count > 0 && argc + (int)len <= room && arena_used < ARENA_SIZE / 2; count--) {
        for (size_t i = 0; i < len; i++)
            argv[argc++] = fill(letters[i], chance, view);
    }
    return argc;
}

int generate(struct chance *chance, const struct peer_view *view, struct bytes *argv, int max)
{
    const struct template *template = choose(chance, view);
    const char *at = template->words;
    int argc = 0;
    if (arena_used > ARENA_SIZE / 2)
        arena_used = 0;
    while (argc < max) {
        size_t len = strcspn(at, " ");
        bool is_letter = len == 1 && strchr("KVTMWNODCPISABLHXZEFGQRUYJ~^%&!?=", *at);
        bool are_many = len > 1 && at[len - 1] == '+';
        if (*at == '@')
            argv[argc++] = at[1] >= 'a' ? model_library(at[1] - 'a') : model_script(at[1] - '0');
        else if (are_many)
            argc += fill_many(at, len - 1, chance, view, argv + argc, max - argc);
        else
            argv[argc++] = is_letter ? fill(*at, chance, view) : bytes_make(at, len);
        if (!at[len])
            break;
        at += len + 1;
    }
    if (template->family == SCANS)
        aim_scan(template->words, chance, view, argv);
    return argc;
}
