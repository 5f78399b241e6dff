-- +goose Up

ALTER TABLE answers ADD COLUMN communication TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT 1;
