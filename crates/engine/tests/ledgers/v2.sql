-- A ledger as version 2 of the tables was written: two uploads done, one cut off by a kill, and a copy through this
-- computer paused.
BEGIN TRANSACTION;
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
INSERT INTO transfer VALUES(1,1,3,0,'{"end":"file","path":"/home/ada/small"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}}','{"part_size_bytes":20971520,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"route":"auto"}','{"source":{"of":"file","size_bytes":6,"modified_ns":1795325387195517713,"file_id":10322915},"source_crc64":null,"part_size_bytes":20971520,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"done"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795325387774,"session":null}',6,6,NULL,'{"outcome":"moved","verified":true,"source_crc64":"1644277428493342597","target_crc64":"1644277428493342597","etag":"d15dbfcb847653913855e21370d83af1","version":null,"request_id":"5f3ad4e0bd7c2e0e6bc1936b28f8b3da"}','{"parts_sent":1,"parts_reused":0,"retries":0,"busy_ms":9,"parts_confirmed":1}',1795325387773,1795325387782,NULL,1795325387782);
INSERT INTO transfer VALUES(2,2,0,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}}','{"part_size_bytes":5242880,"parallel_parts":1,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"route":"auto"}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795325387625890394,"file_id":10322916},"source_crc64":null,"part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"killed"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795325387863,"session":{"session":"upload","upload_id":"8805fafbe4269f29d4ae0f98285f8175"}}',52428800,26214400,NULL,NULL,'{}',1795325387860,1795325387865,1795325389909,NULL);
INSERT INTO transfer VALUES(3,3,3,0,'{"end":"file","path":"/home/ada/big"}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"source"}}','{"part_size_bytes":20971520,"parallel_parts":5,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"route":"auto"}','{"source":{"of":"file","size_bytes":52428800,"modified_ns":1795325387625890394,"file_id":10322916},"source_crc64":null,"part_size_bytes":20971520,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"source"}},"route":"server","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795325390219,"session":{"session":"upload","upload_id":"21647f14e7d951e600ed938b94f0f901"}}',52428800,52428800,NULL,'{"outcome":"moved","verified":true,"source_crc64":"6565842918607812312","target_crc64":"6565842918607812312","etag":"9615a53884c22f11e68dee59d3b75565-3","version":null,"request_id":"e543bd7e1b4fd0d9e1ccf1d359b8087a"}','{"parts_sent":3,"parts_reused":0,"retries":0,"busy_ms":2667,"parts_confirmed":3}',1795325390218,1795325390221,1795325392882,1795325392886);
INSERT INTO transfer VALUES(4,4,1,1,'{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"first","key":"source"}}','{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"second","key":"relayed"}}','{"part_size_bytes":5242880,"parallel_parts":1,"conflict":"fail","settings":{"content_type":null,"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":null,"acl":null,"metadata":{}},"route":"relay"}','{"source":{"of":"object","size_bytes":52428800,"etag":"9615a53884c22f11e68dee59d3b75565-3","version":null},"source_crc64":"6565842918607812312","part_size_bytes":5242880,"target":{"end":"object","store":"env:http://127.0.0.1:9000","object":{"bucket":"second","key":"relayed"}},"route":"relay","settings":{"content_type":"binary/octet-stream","cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"expires":null,"storage_class":"STANDARD","acl":null,"metadata":{}},"overwrite":false,"temp_path":null,"planned_ms":1795325392994,"session":{"session":"upload","upload_id":"ec979c016ddec035156bc5ac6c3d1b59"}}',52428800,5242880,NULL,NULL,'{"parts_sent":1,"parts_reused":0,"retries":0,"busy_ms":550,"parts_confirmed":0}',1795325392992,1795325392995,1795325393541,NULL);
CREATE TABLE part (
    transfer   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc64      INTEGER,                    -- the 64 bits as a signed number
    etag       TEXT,
    confirmed  INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;
INSERT INTO part VALUES(2,1,5242880,-4927355452366474044,'7ca7533f6387ec3a6be488f00caa90ed',1);
INSERT INTO part VALUES(2,2,5242880,-5985148076875784072,'40f19383a3cd81bc78682cf8e248df46',1);
INSERT INTO part VALUES(2,3,5242880,7659694131001577139,'14d8f5cf42bd44cd579432510628e1ae',1);
INSERT INTO part VALUES(2,4,5242880,7461698864219684236,'c08a271acfad1896e1381df19c8eecd0',1);
INSERT INTO part VALUES(2,5,5242880,7510314685520639870,'f0662f7e1187fdb783f0664b3908f470',1);
INSERT INTO part VALUES(4,1,5242880,-4927355452366474044,'7ca7533f6387ec3a6be488f00caa90ed',1);
CREATE TABLE counter (
    state      INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    left_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES(0,1,26214400);
INSERT INTO counter VALUES(1,1,47185920);
INSERT INTO counter VALUES(2,0,0);
INSERT INTO counter VALUES(3,2,0);
INSERT INTO counter VALUES(4,0,0);
CREATE TABLE leftover (
    upload_id TEXT PRIMARY KEY,
    store     TEXT NOT NULL,
    bucket    TEXT NOT NULL,
    key       TEXT NOT NULL,
    transfer  INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('transfer',5);
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
COMMIT;
