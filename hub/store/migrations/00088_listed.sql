-- +goose Up

-- Until when the list went that an item stood in, in microseconds; 0 as long as
-- it stood in none.
ALTER TABLE items ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX items_listed ON items (owner, listed);
CREATE INDEX items_unlisted ON items (owner, raised) WHERE status = 'new' AND listed = 0;

-- +goose Down
SELECT 1;
