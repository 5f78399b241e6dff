-- +goose Up

-- What shows a lesson, in numbers: JSON. Of lessons proposed before there is
-- but the evidence in English.
ALTER TABLE lessons ADD COLUMN found TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(found));

-- +goose Down
SELECT 1;
