-- A ledger as version 4 of the tables was written: an upload done, one cut off by a kill, still in its pile, one paused,
-- and one that failed because its file was gone.
BEGIN TRANSACTION;
CREATE TABLE counter (
    state      INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    left_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO "counter" VALUES(0,0,0);
INSERT INTO "counter" VALUES(1,1,31457280);
INSERT INTO "counter" VALUES(2,1,31457280);
INSERT INTO "counter" VALUES(3,1,0);
INSERT INTO "counter" VALUES(4,0,0);
INSERT INTO "counter" VALUES(100,1,31457280);
CREATE TABLE leftover (
    upload_id TEXT PRIMARY KEY,
    store     TEXT NOT NULL,
    bucket    TEXT NOT NULL,
    key       TEXT NOT NULL,
    transfer  INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE part (
    transfer   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc64      INTEGER,                    -- the 64 bits as a signed number
    etag       TEXT,
    confirmed  INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "part" VALUES(2,1,5242880,-2272055435177470180,'4e9bd25529a08558329d50e4a8c756aa',1);
INSERT INTO "part" VALUES(2,2,5242880,2360895014361298055,'855e3b8bfa90f42eda0f1b67243f22af',1);
INSERT INTO "part" VALUES(2,3,5242880,224346009237319619,'4d213734cb211f124b5210a6b2539908',1);
INSERT INTO "part" VALUES(2,4,5242880,-7123017215131497512,'397c6616cc8d42a2412b48ab8f97c2d0',1);
INSERT INTO "part" VALUES(3,1,5242880,-2272055435177470180,'4e9bd25529a08558329d50e4a8c756aa',1);
INSERT INTO "part" VALUES(3,2,5242880,2360895014361298055,'855e3b8bfa90f42eda0f1b67243f22af',1);
INSERT INTO "part" VALUES(3,3,5242880,224346009237319619,'4d213734cb211f124b5210a6b2539908',1);
INSERT INTO "part" VALUES(3,4,5242880,-7123017215131497512,'397c6616cc8d42a2412b48ab8f97c2d0',1);
INSERT INTO "part" VALUES(7,1,5242880,-2272055435177470180,'4e9bd25529a08558329d50e4a8c756aa',1);
INSERT INTO "part" VALUES(7,2,5242880,2360895014361298055,'855e3b8bfa90f42eda0f1b67243f22af',1);
INSERT INTO "part" VALUES(7,3,5242880,224346009237319619,'4d213734cb211f124b5210a6b2539908',1);
INSERT INTO "part" VALUES(7,4,5242880,-7123017215131497512,'397c6616cc8d42a2412b48ab8f97c2d0',1);
CREATE TABLE pile (
    state  INTEGER PRIMARY KEY,            -- piles.rs
    paused INTEGER NOT NULL
) STRICT;
INSERT INTO "pile" VALUES(100,0);
CREATE TABLE transfer (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    ord        INTEGER NOT NULL,
    state      INTEGER NOT NULL,           -- rows.rs: the resting states, and 0 for all that goes on by itself
    intent     INTEGER NOT NULL,
    source     TEXT NOT NULL,
    target     TEXT NOT NULL,
    options    TEXT NOT NULL,
    checkpoint TEXT,
    size_bytes INTEGER,
    done_bytes INTEGER NOT NULL DEFAULT 0,
    error      TEXT,
    result     TEXT,
    stats      TEXT NOT NULL DEFAULT '{}',
    added_ms   INTEGER NOT NULL,
    planned_ms INTEGER,
    saved_ms   INTEGER,
    ended_ms   INTEGER
) STRICT;
INSERT INTO "transfer" VALUES(1,4294967296,3,0,'{"end":"file","path":"/home/ada/small"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}}','{"conflict":"fail","parallel_parts":5,"part_size_bytes":20971520,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":1000,"modified_ns":1795339978778401339,"file_id":10444846},"source_crc64":null,"part_size_bytes":20971520,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795339979163,"begin_attempts":0,"adopted":false,"session":null}',1000,1000,NULL,'{"outcome":"moved","verified":true,"source_crc64":"470729524860623165","target_crc64":"470729524860623165","etag":"2dc8e7ec745595b6e989059faba9f026","version":null,"request_id":"249f5f9979cf68d6035f279774ebea1a"}','{"parts_sent":1,"parts_reused":0,"retries":0,"busy_ms":6,"parts_confirmed":1}',1795339979162,1795339979169,NULL,1795339979169);
INSERT INTO "transfer" VALUES(2,8589934592,100,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795339979047445518,"file_id":10444847},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795339979224,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"db2498ab385546f454e5277c63c53d46"}}',52428800,20971520,NULL,NULL,'{}',1795339979224,1795339979227,1795339981728,NULL);
INSERT INTO "transfer" VALUES(3,12884901888,1,1,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795339979047445518,"file_id":10444847},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795339993344,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"c4db3c1aa66889595bf46b9f4375b7bc"}}',52428800,20971520,NULL,NULL,'{"parts_sent":0,"parts_reused":0,"retries":0,"busy_ms":0,"parts_confirmed":0}',1795339993344,1795339993346,1795339995844,NULL);
INSERT INTO "transfer" VALUES(7,17179869184,2,0,'{"end":"file","path":"/home/ada/large"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"failed"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795340026183446556,"file_id":10444909},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"failed"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795340026244,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"0c5fa98963a1c7231c0fd817cd95bd57"}}',52428800,20971520,'{"code":"source_missing","params":{"path":"/home/ada/large"},"answer":{"message":"No such file or directory (os error 2)"}}',NULL,'{"parts_sent":0,"parts_reused":0,"retries":1,"busy_ms":0,"parts_confirmed":0}',1795340026243,1795340026246,1795340028745,1795340029284);
CREATE INDEX transfer_in_queue ON transfer (state, ord, id);
CREATE TRIGGER transfer_removed AFTER DELETE ON transfer BEGIN
    UPDATE counter SET n = n - 1, left_bytes = left_bytes - coalesce(old.size_bytes, 0) + old.done_bytes
        WHERE state = old.state;
    DELETE FROM part WHERE transfer = old.id;
END;
CREATE TRIGGER transfer_changed AFTER UPDATE OF state, size_bytes, done_bytes ON transfer BEGIN
    UPDATE counter SET n = n - 1, left_bytes = left_bytes - coalesce(old.size_bytes, 0) + old.done_bytes
        WHERE state = old.state;
    UPDATE counter SET n = n + 1, left_bytes = left_bytes + coalesce(new.size_bytes, 0) - new.done_bytes
        WHERE state = new.state;
END;
CREATE INDEX transfer_upload ON transfer (json_extract(checkpoint, '$.session.upload_id'))
    WHERE json_extract(checkpoint, '$.session.upload_id') IS NOT NULL;
CREATE INDEX transfer_target ON transfer (target);
CREATE INDEX transfer_ended ON transfer (state, ended_ms DESC, id DESC) WHERE ended_ms IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('transfer',7);
COMMIT;
