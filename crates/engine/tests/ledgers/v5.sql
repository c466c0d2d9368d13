-- A ledger as version 5 of the tables was written: an upload done, one cut off by a kill, still in its pile, one paused,
-- and one that failed because its file was gone, counted by that cause.
BEGIN TRANSACTION;
CREATE TABLE cause (
    code TEXT PRIMARY KEY,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "cause" VALUES('source_missing',1);
CREATE TABLE counter (
    state      INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    left_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO "counter" VALUES(0,0,0);
INSERT INTO "counter" VALUES(1,1,36700160);
INSERT INTO "counter" VALUES(2,1,36700160);
INSERT INTO "counter" VALUES(3,1,0);
INSERT INTO "counter" VALUES(4,0,0);
INSERT INTO "counter" VALUES(5,0,0);
INSERT INTO "counter" VALUES(100,1,36700160);
CREATE TABLE dismissed (
    transfer INTEGER PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    state    INTEGER NOT NULL,             -- what it was, and what was wanted of it
    intent   INTEGER NOT NULL
) STRICT;
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
INSERT INTO "part" VALUES(2,1,5242880,3969765374366917767,'8f03e0a5f0f459a2baad332feee7a642',1);
INSERT INTO "part" VALUES(2,2,5242880,-2691032837785611735,'bdc941216d5b2f7a3be71f33bb86f8d2',1);
INSERT INTO "part" VALUES(2,3,5242880,-2471145465473587833,'c1d52449987df73ce2e28481d18c5a0b',1);
INSERT INTO "part" VALUES(3,1,5242880,3969765374366917767,'8f03e0a5f0f459a2baad332feee7a642',1);
INSERT INTO "part" VALUES(3,2,5242880,-2691032837785611735,'bdc941216d5b2f7a3be71f33bb86f8d2',1);
INSERT INTO "part" VALUES(3,3,5242880,-2471145465473587833,'c1d52449987df73ce2e28481d18c5a0b',1);
INSERT INTO "part" VALUES(4,1,5242880,3969765374366917767,'8f03e0a5f0f459a2baad332feee7a642',1);
INSERT INTO "part" VALUES(4,2,5242880,-2691032837785611735,'bdc941216d5b2f7a3be71f33bb86f8d2',1);
INSERT INTO "part" VALUES(4,3,5242880,-2471145465473587833,'c1d52449987df73ce2e28481d18c5a0b',1);
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
, cause TEXT GENERATED ALWAYS AS (CASE WHEN state = 2 THEN
    CAST(coalesce(json_extract(iif(json_valid(error), error, '{}'), '$.code'), 'internal') AS TEXT) END) VIRTUAL) STRICT;
INSERT INTO "transfer" VALUES(1,4294967296,3,0,'{"end":"file","path":"/home/ada/small"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}}','{"conflict":"fail","parallel_parts":5,"part_size_bytes":20971520,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":1000,"modified_ns":1795411597628676743,"file_id":746291},"source_crc64":null,"part_size_bytes":20971520,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795411646723,"begin_attempts":0,"adopted":false,"session":null}',1000,1000,NULL,'{"outcome":"moved","verified":true,"source_crc64":"9428093568074396301","target_crc64":"9428093568074396301","etag":"fc0e9ea49f7f708d0aca3d39d07700ef","version":null,"request_id":"99780da0937115ea0d853d80a2f7a043"}','{"parts_sent":1,"parts_reused":0,"retries":0,"busy_ms":15,"parts_confirmed":1}',1795411646720,1795411646735,NULL,1795411646735);
INSERT INTO "transfer" VALUES(2,8589934592,100,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795411600123951869,"file_id":746292},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795411646904,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"846716ea82d2055f0297c3e709264d91"}}',52428800,15728640,NULL,NULL,'{}',1795411646903,1795411646906,1795411650531,NULL);
INSERT INTO "transfer" VALUES(3,12884901888,1,1,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795411600123951869,"file_id":746292},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795411651179,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"d13949071f61a5291af967a10fb6db41"}}',52428800,15728640,NULL,NULL,'{"parts_sent":0,"parts_reused":0,"retries":0,"busy_ms":0,"parts_confirmed":0}',1795411651175,1795411651184,1795411655093,NULL);
INSERT INTO "transfer" VALUES(4,17179869184,2,0,'{"end":"file","path":"/home/ada/large"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"failed"}}','{"conflict":"fail","parallel_parts":1,"part_size_bytes":5242880,"route":"auto","settings":{"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795411643155951384,"file_id":746294},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"failed"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795411655919,"begin_attempts":0,"adopted":false,"session":{"session":"upload","upload_id":"7ef43e69a44c787a5de9ce791f129f4d"}}',52428800,15728640,'{"code":"source_missing","params":{"path":"/home/ada/large"},"answer":{"message":"No such file or directory (os error 2)"}}',NULL,'{"parts_sent":0,"parts_reused":0,"retries":1,"busy_ms":8,"parts_confirmed":0}',1795411655918,1795411655922,1795411659488,1795411661443);
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
CREATE INDEX transfer_cause ON transfer (cause, ended_ms DESC, id DESC) WHERE state = 2;
CREATE TRIGGER cause_changed AFTER UPDATE OF state, error ON transfer
    WHEN (old.state = 2 OR new.state = 2) AND old.cause IS NOT new.cause BEGIN
    UPDATE cause SET n = n - 1 WHERE code = old.cause;
    INSERT INTO cause SELECT new.cause, 1 WHERE new.cause IS NOT NULL ON CONFLICT (code) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER cause_removed AFTER DELETE ON transfer WHEN old.state = 2 BEGIN
    UPDATE cause SET n = n - 1 WHERE code = old.cause;
END;
CREATE INDEX dismissed_until ON dismissed (until_ms);
CREATE TRIGGER dismissed_changed AFTER UPDATE OF state ON transfer WHEN old.state = 5 AND new.state <> 5 BEGIN
    DELETE FROM dismissed WHERE transfer = old.id;
END;
CREATE TRIGGER dismissed_removed AFTER DELETE ON transfer WHEN old.state = 5 BEGIN
    DELETE FROM dismissed WHERE transfer = old.id;
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('transfer',4);
COMMIT;
