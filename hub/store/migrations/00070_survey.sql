-- +goose Up

ALTER TABLE answers ADD COLUMN minutes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answers ADD COLUMN effort  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answers ADD COLUMN role    TEXT    NOT NULL DEFAULT '';
ALTER TABLE answers ADD COLUMN channel TEXT    NOT NULL DEFAULT '';
ALTER TABLE answers ADD COLUMN mode    TEXT    NOT NULL DEFAULT '';

-- When, in which role and through which channel a link was sent first: who was
-- asked for an answer is not asked again too soon.
ALTER TABLE links ADD COLUMN sent    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN role    TEXT    NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN channel TEXT    NOT NULL DEFAULT '';
CREATE INDEX links_upgrade ON links (upgrade, purpose);

-- +goose Down
SELECT 1;
