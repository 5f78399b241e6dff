-- +goose Up

-- The sequence of the fact that gave a lesson to its owner; 0 as long as nobody
-- was given it.
ALTER TABLE lessons ADD COLUMN given INTEGER NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
