-- PostgreSQL's words; dialect.go changes the one that SQLite has another word for.
-- Times are UTC, RFC 3339 with nine decimals, so that they sort as text; empty: not yet.
-- Columns named sealed hold envelopes (seal.go).

CREATE TABLE keys (
	id      BIGINT PRIMARY KEY, -- the highest seals, all open
	created TEXT NOT NULL,
	wrapped BYTEA NOT NULL
);

CREATE TABLE locks (
	environment TEXT PRIMARY KEY,
	token       BIGINT NOT NULL, -- grows with every lock, for ever
	held        BIGINT NOT NULL, -- 0 or 1
	who         TEXT NOT NULL,
	host        TEXT NOT NULL,
	boot_id     TEXT NOT NULL,
	pid_space   TEXT NOT NULL, -- the container whose process numbers these are
	pid         BIGINT NOT NULL,
	pid_start   TEXT NOT NULL,
	since       TEXT NOT NULL
);

CREATE TABLE deployments (
	seq          BIGSERIAL PRIMARY KEY,
	id           TEXT NOT NULL UNIQUE,
	environment  TEXT NOT NULL,
	kind         TEXT NOT NULL,
	status       TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	reason       TEXT NOT NULL,
	plan_digest  TEXT NOT NULL,
	started      TEXT NOT NULL,
	finished     TEXT NOT NULL,
	instances    TEXT NOT NULL, -- JSON list, in order
	sealed       BYTEA
);
CREATE INDEX deployments_environment ON deployments (environment, seq);

CREATE TABLE journal (
	id          BIGSERIAL PRIMARY KEY,
	environment TEXT NOT NULL,
	deployment  TEXT NOT NULL,
	address     TEXT NOT NULL,
	step        TEXT NOT NULL,
	action      TEXT NOT NULL,
	inputs      TEXT NOT NULL,
	started     TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	message     TEXT NOT NULL,
	finished    TEXT NOT NULL
);
CREATE INDEX journal_deployment ON journal (deployment, id);
CREATE INDEX journal_step ON journal (address, step, id);
CREATE INDEX journal_open ON journal (environment, id) WHERE outcome IN ('', 'unknown');

CREATE TABLE instances (
	address     TEXT PRIMARY KEY,
	environment TEXT NOT NULL,
	component   TEXT NOT NULL,
	bundle      TEXT NOT NULL,
	version     TEXT NOT NULL,
	files       TEXT NOT NULL,
	status      TEXT NOT NULL,
	digest      TEXT NOT NULL,
	deployment  TEXT NOT NULL,
	applied     TEXT NOT NULL,
	outline     TEXT NOT NULL, -- JSON of what may be read without the key
	sealed      BYTEA NOT NULL
);
CREATE INDEX instances_environment ON instances (environment, address);

-- The records of instances as each deployment left them.
CREATE TABLE deployed (
	deployment  TEXT NOT NULL,
	address     TEXT NOT NULL,
	environment TEXT NOT NULL,
	component   TEXT NOT NULL,
	bundle      TEXT NOT NULL,
	version     TEXT NOT NULL,
	files       TEXT NOT NULL,
	status      TEXT NOT NULL,
	digest      TEXT NOT NULL,
	applied     TEXT NOT NULL,
	outline     TEXT NOT NULL,
	sealed      BYTEA NOT NULL,
	PRIMARY KEY (deployment, address)
);

CREATE TABLE artifacts (
	address     TEXT PRIMARY KEY,
	instance    TEXT NOT NULL,
	type        TEXT NOT NULL,
	version     TEXT NOT NULL,
	digest      TEXT NOT NULL,
	sensitive   TEXT NOT NULL, -- JSON list of pointers
	fingerprint TEXT NOT NULL, -- keyed; equal where nothing changed
	sealed      BYTEA NOT NULL
);
CREATE INDEX artifacts_instance ON artifacts (instance);

CREATE TABLE artifact_history (
	id          BIGSERIAL PRIMARY KEY,
	address     TEXT NOT NULL,
	deployment  TEXT NOT NULL,
	recorded    TEXT NOT NULL,
	type        TEXT NOT NULL,
	version     TEXT NOT NULL,
	digest      TEXT NOT NULL,
	sensitive   TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	sealed      BYTEA NOT NULL
);
CREATE INDEX artifact_history_address ON artifact_history (address, id);

-- Who uses what: kind artifact (in its slots) or instance (it depends on).
CREATE TABLE uses (
	instance    TEXT NOT NULL,
	kind        TEXT NOT NULL,
	used        TEXT NOT NULL,
	environment TEXT NOT NULL, -- of what is used
	PRIMARY KEY (instance, kind, used)
);
CREATE INDEX uses_environment ON uses (environment, kind);

CREATE TABLE states (
	address TEXT NOT NULL,
	step    TEXT NOT NULL,
	written TEXT NOT NULL,
	sealed  BYTEA NOT NULL,
	PRIMARY KEY (address, step)
);

CREATE TABLE plans (
	plan    TEXT NOT NULL,
	address TEXT NOT NULL,
	step    TEXT NOT NULL,
	written TEXT NOT NULL,
	sealed  BYTEA NOT NULL,
	PRIMARY KEY (plan, address, step)
);

CREATE TABLE bundles (
	digest TEXT PRIMARY KEY,
	added  TEXT NOT NULL
);
CREATE TABLE contents (
	digest   TEXT PRIMARY KEY, -- SHA-256 of the plain bytes
	size     BIGINT NOT NULL,
	crc32    BIGINT NOT NULL,
	deflated BYTEA NOT NULL
);
CREATE TABLE bundle_files (
	bundle     TEXT NOT NULL REFERENCES bundles (digest),
	path       TEXT NOT NULL,
	executable BIGINT NOT NULL,
	content    TEXT NOT NULL REFERENCES contents (digest),
	PRIMARY KEY (bundle, path)
);

CREATE TABLE tools (
	identity TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	version  TEXT NOT NULL
);

CREATE TABLE audit (
	seq     BIGINT PRIMARY KEY, -- from 1, without gaps
	event   TEXT NOT NULL,      -- JSON
	hash    TEXT NOT NULL
);
CREATE TABLE audit_head (
	one  BIGINT PRIMARY KEY, -- always 1
	seq  BIGINT NOT NULL,
	hash TEXT NOT NULL,
	mac  TEXT NOT NULL
);
