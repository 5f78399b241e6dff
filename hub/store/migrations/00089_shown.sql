-- +goose Up

-- The answers as everybody was shown them last: while a survey is open several
-- at a time, so that no change of the figures is that of one answer. Of whom
-- they are nothing is in here.
CREATE TABLE shown_answers (
	id            TEXT    PRIMARY KEY,
	upgrade       TEXT    NOT NULL,
	rating        INTEGER NOT NULL,
	disruption    TEXT    NOT NULL,
	minutes       INTEGER NOT NULL,
	communication TEXT    NOT NULL,
	effort        INTEGER NOT NULL,
	role          TEXT    NOT NULL,
	channel       TEXT    NOT NULL,
	mode          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX shown_answers_upgrade ON shown_answers (upgrade);

-- Which answers stand there as they are. Those that do not are few.
ALTER TABLE answers ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE anonymous_answers ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
CREATE INDEX answers_unshown ON answers (upgrade, recorded, id) WHERE shown = 0;
CREATE INDEX anonymous_answers_unshown ON anonymous_answers (upgrade, hour, id) WHERE shown = 0;

-- +goose Down
SELECT 1;
