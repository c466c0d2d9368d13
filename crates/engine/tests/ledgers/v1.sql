-- A ledger as version 1 of the tables was written: one transfer done, one cut off by a kill, one paused, one failed.
BEGIN TRANSACTION;
CREATE TABLE counter (
    state      INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    left_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO "counter" VALUES(0,1,26214400);
INSERT INTO "counter" VALUES(1,1,52428800);
INSERT INTO "counter" VALUES(2,1,52428800);
INSERT INTO "counter" VALUES(3,1,0);
INSERT INTO "counter" VALUES(4,0,0);
CREATE TABLE part (
    transfer   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc64      INTEGER,                    -- the 64 bits as a signed number
    etag       TEXT,
    confirmed  INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "part" VALUES(2,1,5242880,863925203951066278,'e6d467676c43fdc966d6f2c2de1cc993',1);
INSERT INTO "part" VALUES(2,2,5242880,3293763696512867958,'189d76cf2ab71af124b21d8e9fd1dccd',1);
INSERT INTO "part" VALUES(2,3,5242880,2778357487411300122,'3b84453dff8091f95888d7b1fa4bdd73',1);
INSERT INTO "part" VALUES(2,4,5242880,4278891904664802611,'7c403775dda706d4a05012b1dca59d04',1);
INSERT INTO "part" VALUES(2,5,5242880,4293716050584746261,'b26375c50ac64f6dffa561479fb32e07',1);
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
INSERT INTO "transfer" VALUES(1,1,3,0,'{"end":"file","path":"/home/ada/small"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}}','{"part_size_bytes":20971520,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}}}','{"source":{"of":"file","size_bytes":6,"modified_ns":1795317434491380551,"file_id":10207507},"source_crc64":null,"part_size_bytes":20971520,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}},"settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"session":null}',6,6,NULL,'{"outcome":"moved","verified":true,"source_crc64":"1644277428493342597","target_crc64":"1644277428493342597","etag":"d15dbfcb847653913855e21370d83af1","version":null,"request_id":"ba164bd7d31255ccbf75a91ee8524190"}','{"parts_sent":1,"parts_reused":0,"retries":0,"busy_ms":3,"parts_confirmed":1}',1795317434507,1795317434511,NULL,1795317434511);
INSERT INTO "transfer" VALUES(2,2,0,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}}','{"part_size_bytes":5242880,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795317434486949241,"file_id":10207490},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}},"settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"session":{"session":"upload","upload_id":"893acf6ae95b3928ba3bfa4679b66480"}}',52428800,26214400,NULL,NULL,'{}',1795317434527,1795317434528,1795317435199,NULL);
INSERT INTO "transfer" VALUES(3,3,1,1,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}}','{"part_size_bytes":5242880,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795317434486949241,"file_id":10207490},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"paused"}},"settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"session":{"session":"upload","upload_id":"3f37bcdb716583b5b89227ffbf1f99f7"}}',52428800,0,NULL,NULL,'{"parts_sent":0,"parts_reused":0,"retries":0,"busy_ms":588,"parts_confirmed":0}',1795317435731,1795317435732,NULL,NULL);
INSERT INTO "transfer" VALUES(4,4,2,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"gone"}}','{"part_size_bytes":5242880,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}}}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795317434486949241,"file_id":10207490},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"gone"}},"settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"session":{"session":"upload","upload_id":"eda305dd9065f356e6b22b2be45dd751"}}',52428800,0,'{"code":"source_missing","params":{"path":"/home/ada/big"},"answer":{"message":"No such file or directory (os error 2)"}}',NULL,'{"parts_sent":0,"parts_reused":0,"retries":1,"busy_ms":491,"parts_confirmed":0}',1795317436350,1795317436351,NULL,1795317436879);
CREATE INDEX transfer_in_queue ON transfer (state, ord, id);
CREATE INDEX transfer_ended    ON transfer (state, ended_ms DESC, id DESC);
CREATE INDEX transfer_ends     ON transfer (source, target);
CREATE TRIGGER transfer_added AFTER INSERT ON transfer BEGIN
    UPDATE counter SET n = n + 1, left_bytes = left_bytes + coalesce(new.size_bytes, 0) - new.done_bytes
        WHERE state = new.state;
END;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('transfer',4);
COMMIT;
