-- What each run did with each instance that it began, failed ones too.
CREATE TABLE attempts (
	id          BIGSERIAL PRIMARY KEY,
	deployment  TEXT NOT NULL,
	environment TEXT NOT NULL,
	address     TEXT NOT NULL,
	component   TEXT NOT NULL,
	bundle      TEXT NOT NULL,
	version     TEXT NOT NULL,
	action      TEXT NOT NULL,
	status      TEXT NOT NULL,
	reason      TEXT NOT NULL,
	message     TEXT NOT NULL, -- never a secret
	rules       TEXT NOT NULL, -- of the problems, each between spaces
	problems    TEXT NOT NULL, -- JSON list
	started     TEXT NOT NULL,
	finished    TEXT NOT NULL,
	UNIQUE (deployment, address)
);
CREATE INDEX attempts_bundle ON attempts (bundle, version, id);
CREATE INDEX attempts_address ON attempts (address, id);
CREATE INDEX attempts_component ON attempts (component, id);
CREATE INDEX attempts_environment ON attempts (environment, id);
CREATE INDEX attempts_status ON attempts (status, id);
