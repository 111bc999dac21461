-- +goose Up
-- A clip of a show is a video that is not shown until somebody publishes it.
ALTER TABLE video ADD COLUMN room_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE video ADD COLUMN pin_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX ix_video_pin ON video (pin_id);
CREATE INDEX ix_video_room ON video (room_id, id);
