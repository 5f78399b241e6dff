-- +goose Up

-- Several targets of one person share a random id; asked is when somebody last
-- asked for a subscription.
ALTER TABLE subscribers ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE subscribers ADD COLUMN systems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(systems));
ALTER TABLE subscribers ADD COLUMN components TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(components));
ALTER TABLE subscribers ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE subscribers ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX subscribers_person ON subscribers (person);
CREATE INDEX subscribers_origin ON subscribers (origin, state, channel);
DROP INDEX subscribers_active;

-- Who is active in which audience, or under which role name ("@lead"), in the
-- order in which notices are expanded.
CREATE TABLE members (
	audience   TEXT NOT NULL,
	person     TEXT NOT NULL,
	subscriber TEXT NOT NULL,
	PRIMARY KEY (audience, person, subscriber)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_subscriber ON members (subscriber);

-- Causes whose notices have not reached all recipients yet: those after a
-- person are still to come.
CREATE TABLE pages (
	cause   INTEGER PRIMARY KEY,
	upgrade TEXT    NOT NULL,
	after   TEXT    NOT NULL,
	seq     INTEGER NOT NULL,
	owed_at INTEGER NOT NULL
) STRICT;

-- Why those who are still to come need not be told any more.
ALTER TABLE notices ADD COLUMN superseded TEXT NOT NULL DEFAULT '';
CREATE INDEX notices_cause ON notices (cause);

-- What goes out next, in the order in which it was owed, without sorting all
-- that waits; lines of replies are on one channel alone.
DROP INDEX deliveries_pending;
CREATE INDEX deliveries_line ON deliveries (channel, upgrade, subscriber, cause) WHERE state = 'pending' AND class <> 'message';
CREATE INDEX deliveries_queue ON deliveries (channel, cause) WHERE state = 'pending';

-- +goose Down
SELECT 1;
