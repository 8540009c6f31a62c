/* The statements of the SQLite store, prepared when it is opened. */
#ifndef SEIN_BROKER_STORE_SQLITE_QUERIES_H
#define SEIN_BROKER_STORE_SQLITE_QUERIES_H

#define SQLITE_ITEM_COLUMNS                                    \
    "seq, type, desk, letter_id, sender, sender_key, circle, " \
    "accepted_at_ms, expires_at_ms, collect_by_ms"

#define SQLITE_PRESENCE_COLUMNS                            \
    "seq, presence_id, idx, circle, epoch, desk, key_id, " \
    "link, put_at_ms, expires_at_ms, checksum, deposit"

#define SQLITE_PAIR_COLUMNS                                           \
    "match_id, idx, desk_a, desk_b, link_a, link_b, item_a, item_b, " \
    "flags_a, flags_b, revealed, ended, checksum"

/* clang-format off */
#define SQLITE_QUERY_LIST(X) \
X(QUERY_BEGIN, "BEGIN IMMEDIATE") \
X(QUERY_COMMIT, "COMMIT") \
X(QUERY_ROLLBACK, "ROLLBACK") \
X(QUERY_PAGES, "PRAGMA page_count") \
X(QUERY_FREE_PAGES, "PRAGMA freelist_count") \
X(QUERY_META_GET, \
  "SELECT log_id, item_seq, check_key, leaves_from FROM meta") \
X(QUERY_META_SEQ, "UPDATE meta SET item_seq = ?1") \
X(QUERY_META_LOG, "UPDATE meta SET log_id = ?1, leaves_from = 1") \
X(QUERY_META_LEAVES, "UPDATE meta SET leaves_from = ?1") \
X(QUERY_HEAD_DROP, "DELETE FROM head") \
X(QUERY_HEAD_PUT, \
  "INSERT INTO head (seq, time_ms, head, signature, leaves) " \
  "VALUES (?1, ?2, ?3, ?4, ?5)") \
X(QUERY_HEAD_EACH, \
  "SELECT seq, time_ms, head, signature, leaves FROM head " \
  "WHERE seq >= ?1 ORDER BY seq LIMIT ?2") \
X(QUERY_HEAD_LAST, \
  "SELECT seq, time_ms, head, signature, leaves FROM head " \
  "ORDER BY seq DESC LIMIT 1") \
X(QUERY_LEAVES_OLD, \
  "SELECT seq, time_ms FROM head WHERE seq >= ?1 ORDER BY seq LIMIT ?2") \
X(QUERY_LEAVES_FORGET, \
  "UPDATE head SET leaves = NULL WHERE seq >= ?1 AND seq < ?2") \
X(QUERY_OP_GET, \
  "SELECT type, time_ms, head_seq, leaf_index, item_hash, k_event FROM op " \
  "WHERE op_id = ?1 AND oin = ?2") \
X(QUERY_OP_PUT, \
  "INSERT INTO op (op_id, oin, type, time_ms, head_seq, leaf_index, " \
  "item_hash, k_event) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) " \
  "ON CONFLICT DO UPDATE SET type = excluded.type, " \
  "time_ms = excluded.time_ms, head_seq = excluded.head_seq, " \
  "leaf_index = excluded.leaf_index, item_hash = excluded.item_hash, " \
  "k_event = excluded.k_event WHERE op.head_seq = 0") \
/* A letter's id has its time in front, so its operations need no index. */ \
X(QUERY_OP_FORGET_LETTERS, \
  "DELETE FROM op WHERE (op_id, oin) IN (SELECT op_id, oin FROM op " \
  "WHERE op_id < ?3 AND type = 0 AND time_ms < ?1 ORDER BY op_id LIMIT ?2)") \
X(QUERY_OP_FORGET_OTHERS, \
  "DELETE FROM op WHERE (op_id, oin) IN (SELECT op_id, oin FROM op " \
  "INDEXED BY op_by_time WHERE type <> 0 AND time_ms < ?1 " \
  "ORDER BY time_ms LIMIT ?2)") \
X(QUERY_OP_CUT, "UPDATE op SET head_seq = 0 WHERE head_seq <> 0") \
X(QUERY_ITEM_PUT, \
  "INSERT INTO item (" SQLITE_ITEM_COLUMNS ", due_ms, checksum, bytes) " \
  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)") \
X(QUERY_ITEM_EACH, \
  "SELECT " SQLITE_ITEM_COLUMNS ", checksum, bytes FROM item " \
  "INDEXED BY item_by_desk WHERE desk = ?1 AND seq > ?2 ORDER BY seq") \
X(QUERY_ITEM_GET, \
  "SELECT " SQLITE_ITEM_COLUMNS " FROM item WHERE seq = ?1") \
X(QUERY_ITEM_FIND, \
  "SELECT " SQLITE_ITEM_COLUMNS " FROM item WHERE letter_id = ?1") \
X(QUERY_ITEM_SIZE, \
  "SELECT type, sender, length(bytes) FROM item WHERE seq = ?1") \
X(QUERY_ITEM_ERASE, "DELETE FROM item WHERE seq = ?1") \
X(QUERY_ITEM_REPORTED, \
  "UPDATE item SET collect_by_ms = 0, due_ms = expires_at_ms " \
  "WHERE seq = ?1") \
X(QUERY_DUE_COLLECT, \
  "SELECT " SQLITE_ITEM_COLUMNS " FROM item INDEXED BY item_by_due " \
  "WHERE due_ms <= ?1 AND collect_by_ms <> 0 AND collect_by_ms <= ?1 " \
  "ORDER BY due_ms, seq LIMIT ?2") \
X(QUERY_DUE_EXPIRED, \
  "SELECT " SQLITE_ITEM_COLUMNS " FROM item INDEXED BY item_by_due " \
  "WHERE due_ms <= ?1 AND expires_at_ms <= ?1 " \
  "ORDER BY due_ms, seq LIMIT ?2") \
/* From desk to desk by the index, not over all that waits at each. */ \
X(QUERY_DUE_UNREAD, \
  "WITH RECURSIVE waiting (desk) AS (SELECT min(desk) FROM item UNION ALL " \
  "SELECT (SELECT min(item.desk) FROM item WHERE item.desk > waiting.desk) " \
  "FROM waiting WHERE waiting.desk IS NOT NULL), " \
  "unread (desk) AS (SELECT desk FROM waiting WHERE desk IS NOT NULL " \
  "AND NOT EXISTS (SELECT 1 FROM desk WHERE desk.desk = waiting.desk " \
  "AND desk.last_read_ms >= ?1)), " \
  "oldest (seq) AS (SELECT min(item.seq) FROM unread CROSS JOIN item " \
  "INDEXED BY item_by_desk ON item.desk = unread.desk " \
  "WHERE item.type = 0 AND item.accepted_at_ms < ?1 " \
  "AND NOT EXISTS (SELECT 1 FROM told WHERE told.desk = item.desk " \
  "AND told.sender = item.sender) GROUP BY item.desk, item.sender) " \
  "SELECT " SQLITE_ITEM_COLUMNS " FROM item " \
  "WHERE seq IN (SELECT seq FROM oldest) ORDER BY desk, sender LIMIT ?2") \
X(QUERY_TOLD_PUT, \
  "INSERT INTO told (desk, sender) VALUES (?1, ?2) ON CONFLICT DO NOTHING") \
X(QUERY_TOLD_FORGET, "DELETE FROM told WHERE desk = ?1") \
X(QUERY_DESK_GET, \
  "SELECT home_id, last_read_ms FROM desk WHERE desk = ?1") \
X(QUERY_DESK_PUT, \
  "INSERT INTO desk (desk, home_id, last_read_ms) VALUES (?1, ?2, ?3) " \
  "ON CONFLICT DO UPDATE SET home_id = excluded.home_id, " \
  "last_read_ms = excluded.last_read_ms") \
X(QUERY_PREKEY_EACH, \
  "SELECT seq, not_after_ms, statement, signature FROM prekey " \
  "WHERE desk = ?1 ORDER BY seq DESC LIMIT ?2") \
X(QUERY_PREKEY_PUT, \
  "INSERT INTO prekey (desk, seq, not_after_ms, statement, signature) " \
  "VALUES (?1, ?2, ?3, ?4, ?5)") \
X(QUERY_PREKEY_TRIM, \
  "DELETE FROM prekey WHERE desk = ?1 AND seq NOT IN (SELECT seq " \
  "FROM prekey WHERE desk = ?1 ORDER BY seq DESC LIMIT ?2)") \
X(QUERY_DIRECTORY_PUT, \
  "INSERT INTO directory (version, issued_at_ms, bytes) " \
  "VALUES (?1, ?2, ?3)") \
X(QUERY_DIRECTORY_NEWEST, "SELECT max(version) FROM directory") \
X(QUERY_DIRECTORY_FORGET, \
  "DELETE FROM directory WHERE issued_at_ms < ?1 " \
  "AND version < (SELECT max(version) FROM directory)") \
X(QUERY_USAGE_PUT, \
  "INSERT INTO usage (oin, letters, bytes) VALUES (?1, ?2, ?3) " \
  "ON CONFLICT DO UPDATE SET letters = excluded.letters, " \
  "bytes = excluded.bytes") \
X(QUERY_USAGE_GET, "SELECT letters, bytes FROM usage WHERE oin = ?1") \
X(QUERY_USAGE_ALL, \
  "SELECT coalesce(sum(letters), 0), coalesce(sum(bytes), 0) FROM usage") \
X(QUERY_PRESENCE_PUT, \
  "INSERT INTO presence (presence_id, idx, circle, epoch, desk, key_id, " \
  "link, put_at_ms, expires_at_ms, checksum, deposit) " \
  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)") \
X(QUERY_PRESENCE_REPLACE, \
  "DELETE FROM presence WHERE idx = ?1 AND desk = ?2") \
X(QUERY_PRESENCE_GET, \
  "SELECT " SQLITE_PRESENCE_COLUMNS " FROM presence WHERE presence_id = ?1") \
X(QUERY_PRESENCE_AT, \
  "SELECT " SQLITE_PRESENCE_COLUMNS " FROM presence " \
  "WHERE idx = ?1 AND desk = ?2") \
X(QUERY_PRESENCE_NEXT, \
  "SELECT " SQLITE_PRESENCE_COLUMNS " FROM presence " \
  "WHERE idx = ?1 AND desk > ?2 ORDER BY desk LIMIT 1") \
X(QUERY_PRESENCE_UNDER, "SELECT count(*) FROM presence WHERE idx = ?1") \
X(QUERY_PRESENCE_DUE, \
  "SELECT " SQLITE_PRESENCE_COLUMNS " FROM presence " \
  "INDEXED BY presence_by_expiry WHERE expires_at_ms <= ?1 " \
  "ORDER BY expires_at_ms, seq LIMIT 1") \
X(QUERY_PRESENCE_WALK, \
  "SELECT " SQLITE_PRESENCE_COLUMNS " FROM presence " \
  "WHERE seq > ?1 ORDER BY seq LIMIT 1") \
X(QUERY_PRESENCE_OWNER, "SELECT desk FROM presence WHERE seq = ?1") \
X(QUERY_PRESENCE_ERASE, "DELETE FROM presence WHERE seq = ?1") \
X(QUERY_PAIR_PUT, \
  "INSERT INTO pair (" SQLITE_PAIR_COLUMNS ") " \
  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)") \
X(QUERY_PAIR_GET, \
  "SELECT " SQLITE_PAIR_COLUMNS " FROM pair WHERE match_id = ?1") \
X(QUERY_PAIR_LIVE, \
  "SELECT " SQLITE_PAIR_COLUMNS " FROM pair INDEXED BY pair_live " \
  "WHERE idx = ?1 AND desk_a = ?2 AND desk_b = ?3 AND ended = 0") \
/* The lower of the next as first desk and the next as second. */ \
X(QUERY_PAIR_NEXT, \
  "SELECT " SQLITE_PAIR_COLUMNS " FROM pair WHERE match_id = (" \
  "SELECT min(next) FROM (" \
  "SELECT min(match_id) AS next FROM pair INDEXED BY pair_by_first " \
  "WHERE idx = ?1 AND desk_a = ?2 AND match_id > ?3 UNION ALL " \
  "SELECT min(match_id) FROM pair INDEXED BY pair_by_second " \
  "WHERE idx = ?1 AND desk_b = ?2 AND match_id > ?3))") \
X(QUERY_PAIR_UPDATE, \
  "UPDATE pair SET link_a = ?5, link_b = ?6, item_a = ?7, item_b = ?8, " \
  "flags_a = ?9, flags_b = ?10, revealed = ?11, ended = ?12, " \
  "checksum = ?13 WHERE match_id = ?1") \
X(QUERY_PAIR_ERASE, "DELETE FROM pair WHERE match_id = ?1") \
X(QUERY_DEPOSIT_PUT, \
  "INSERT INTO deposit (day, circle, epoch, oin, presence_id) " \
  "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING") \
X(QUERY_DEPOSIT_FIRST, \
  "SELECT day, circle, epoch, oin FROM deposit " \
  "ORDER BY day, circle, epoch, oin LIMIT 1") \
X(QUERY_DEPOSIT_NEXT, \
  "SELECT day, circle, epoch, oin FROM deposit " \
  "WHERE (day, circle, epoch, oin) > (?1, ?2, ?3, ?4) " \
  "ORDER BY day, circle, epoch, oin LIMIT 1") \
X(QUERY_DEPOSIT_IDS, \
  "SELECT presence_id FROM deposit WHERE day = ?1 AND circle = ?2 " \
  "AND epoch = ?3 AND oin = ?4 AND presence_id > ?5 " \
  "ORDER BY presence_id LIMIT ?6") \
X(QUERY_DEPOSIT_FORGET, \
  "DELETE FROM deposit WHERE (day, circle, epoch, oin, presence_id) IN (" \
  "SELECT day, circle, epoch, oin, presence_id FROM deposit " \
  "WHERE day < ?1 ORDER BY day LIMIT ?2)") \
X(QUERY_DEPOSIT_DROP, \
  "DELETE FROM deposit WHERE (day, circle, epoch, oin, presence_id) IN (" \
  "SELECT day, circle, epoch, oin, presence_id FROM deposit WHERE day = ?1 " \
  "AND circle = ?2 AND epoch = ?3 AND oin = ?4 LIMIT ?5)") \
X(QUERY_LISTED_GET, \
  "SELECT day, circle, epoch, oin FROM listed WHERE desk = ?1") \
X(QUERY_LISTED_PUT, \
  "INSERT INTO listed (day, circle, epoch, oin, desk) " \
  "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET " \
  "day = excluded.day, circle = excluded.circle, " \
  "epoch = excluded.epoch, oin = excluded.oin") \
X(QUERY_LISTED_DAY, "SELECT coalesce(max(day), 0) FROM listed") \
X(QUERY_TALLY_ADD, \
  "INSERT INTO tally (name, count) VALUES (?1, ?2) " \
  "ON CONFLICT DO UPDATE SET count = count + excluded.count") \
X(QUERY_TALLY_GET, "SELECT count FROM tally WHERE name = ?1") \
X(QUERY_TALLY_ALL, \
  "SELECT coalesce(sum(count), 0) FROM tally WHERE name <> ''")
/* clang-format on */

#define SQLITE_QUERY_ENUM(name, sql) name,
enum sqlite_query_name {
    SQLITE_QUERY_LIST(SQLITE_QUERY_ENUM) QUERY_COUNT,
};
#undef SQLITE_QUERY_ENUM

#endif
