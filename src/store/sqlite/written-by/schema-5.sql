PRAGMA user_version = 5;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job_queue (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE compute_environment (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    parent_id TEXT,
    array_index INTEGER,
    job_queue TEXT NOT NULL,
    job_name TEXT NOT NULL,
    job_definition TEXT NOT NULL,
    share_identifier TEXT,
    created_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    live INTEGER NOT NULL,
    child INTEGER NOT NULL,
    spec TEXT,
    tags TEXT,
    progress TEXT NOT NULL
  );
CREATE INDEX job_by_status ON job (status, job_queue, child, seq);
CREATE INDEX job_by_name ON job (job_queue, job_name, seq) WHERE live = 0 AND child = 0;
CREATE INDEX job_by_definition ON job (job_queue, job_definition, seq) WHERE live = 0 AND child = 0;
CREATE INDEX job_by_age ON job (job_queue, seq) WHERE live = 0 AND child = 0;
CREATE INDEX job_children ON job (parent_id, array_index) WHERE parent_id IS NOT NULL;
CREATE TABLE call (key TEXT PRIMARY KEY, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE share_use (
    job_queue TEXT NOT NULL, share_identifier TEXT NOT NULL, average REAL NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (job_queue, share_identifier)
  ) WITHOUT ROWID;
CREATE TABLE resource (
    kind TEXT NOT NULL, arn TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, arn)
  ) WITHOUT ROWID;
CREATE TABLE outbox (seq INTEGER PRIMARY KEY, children TEXT, body TEXT NOT NULL);
CREATE TABLE outbox_position (sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE ended_need (
    seq INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    consumable TEXT NOT NULL, status INTEGER NOT NULL, job_name TEXT NOT NULL,
    PRIMARY KEY (seq, consumable)
  ) WITHOUT ROWID;
CREATE INDEX ended_need_by_age ON ended_need (consumable, seq);
CREATE INDEX ended_need_by_status ON ended_need (consumable, status, seq);
CREATE INDEX ended_need_by_name ON ended_need (consumable, job_name, seq);
CREATE TABLE job_definition (
    name TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL, bytes INTEGER NOT NULL,
    UNIQUE (name, revision)
  );
CREATE INDEX job_definition_in_order ON job_definition (name, revision DESC);
CREATE INDEX job_definition_by_status ON job_definition (status, name, revision DESC);
CREATE INDEX job_definition_by_owner ON job_definition (owner, bytes);
CREATE TABLE job_definition_name (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX job_by_owner ON job (job_queue, json_extract(spec, '$.owner'), seq, status) WHERE live = 0 AND child = 0;
INSERT INTO setting VALUES ('installationId', 'i');
INSERT INTO job_queue VALUES ('q', '{"name":"q"}');
INSERT INTO compute_environment VALUES ('ce', '{"name":"ce"}');
INSERT INTO job VALUES (1, 'job-1', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 0, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', NULL, '{"state":{"status":"SUBMITTED"},"attempts":[]}');
INSERT INTO job VALUES (10, 'job-10', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 1, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[],"arraySize":3}', NULL, '{"state":{"status":"PENDING","updatedAtMs":1800000000000},"attempts":[]}');
INSERT INTO job VALUES (11, 'job-10:0', 'job-10', 0, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 4, 1, 1, NULL, NULL, '{"state":{"status":"RUNNING","attempt":{"number":2,"name":"openbatch-x-2","taskId":"00000000000000000000000000000000","computeEnvironment":"ce","driver":"scripted","hostName":"h1","instanceId":"i-1","placedAtMs":1800000000000},"startedAtMs":1800000000001},"attempts":[]}');
INSERT INTO job VALUES (12, 'job-10:1', 'job-10', 1, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 6, 0, 1, NULL, NULL, '{"state":{"status":"FAILED","statusReason":"because","startedAtMs":1800000000000,"stoppedAtMs":1800000000002},"attempts":[],"isCancelled":true}');
INSERT INTO job VALUES (2, 'job-2', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 1, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[],"arraySize":3}', '{"team":"a"}', '{"state":{"status":"PENDING","updatedAtMs":1800000000000},"attempts":[]}');
INSERT INTO job VALUES (3, 'job-3', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 2, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', NULL, '{"state":{"status":"RUNNABLE","sinceMs":1800000000000},"attempts":[]}');
INSERT INTO job VALUES (4, 'job-4', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 3, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', '{"team":"a"}', '{"state":{"status":"STARTING","attempt":{"number":2,"name":"openbatch-x-2","taskId":"00000000000000000000000000000000","computeEnvironment":"ce","driver":"scripted","hostName":"h1","instanceId":"i-1","placedAtMs":1800000000000},"stopping":{"kind":"terminated","reason":"r"}},"attempts":[]}');
INSERT INTO job VALUES (5, 'job-5', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 4, 1, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', NULL, '{"state":{"status":"RUNNING","attempt":{"number":2,"name":"openbatch-x-2","taskId":"00000000000000000000000000000000","computeEnvironment":"ce","driver":"scripted","hostName":"h1","instanceId":"i-1","placedAtMs":1800000000000},"startedAtMs":1800000000001},"attempts":[]}');
INSERT INTO job VALUES (6, 'job-6', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 5, 0, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', '{"team":"a"}', '{"state":{"status":"SUCCEEDED","statusReason":"because","startedAtMs":1800000000000,"stoppedAtMs":1800000000002},"attempts":[]}');
INSERT INTO job VALUES (7, 'job-7', NULL, NULL, 'q', 'sort', 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1', NULL, 1800000000000, 6, 0, 0, '{"jobName":"Sort","jobQueue":"q","jobDefinition":"arn:aws:batch:us-west-2:123456789012:job-definition/sort:1","createdAtMs":1800000000000,"owner":"ada","workload":{"kind":"container","properties":{"image":"busybox","command":["echo","ünïcode \"quoted\" \u0000 \ud800"]}},"resources":{"vcpus":0.25,"memoryMib":512,"gpus":0},"parameters":{"in":"s3://b/k"},"platformCapabilities":[]}', NULL, '{"state":{"status":"FAILED","statusReason":"because","startedAtMs":1800000000000,"stoppedAtMs":1800000000002},"attempts":[]}');
INSERT INTO call VALUES ('k', 5, '{"jobId":"1"}');
INSERT INTO outbox VALUES (1, NULL, '{}');
INSERT INTO outbox VALUES (3, '[0,1]', '{"a":1}');
INSERT INTO job_definition VALUES ('d', 1, '{"name":"d","revision":1,"status":"ACTIVE","owner":"ada"}', 'ACTIVE', 'ada', 57);
INSERT INTO job_definition_name VALUES ('d', 1);
