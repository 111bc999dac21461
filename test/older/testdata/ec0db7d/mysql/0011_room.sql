-- +goose Up
-- Who may see the room: everybody (open), or only staff (warmup, rehearsal).
ALTER TABLE room ADD COLUMN mode VARCHAR(12) NOT NULL DEFAULT 'open';
ALTER TABLE room ADD COLUMN scheduled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN part_ms INT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN ladder SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN slow_seconds INT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN followers_only SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN pinned_message BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN entries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN viewers_peak BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN follows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN announced_at BIGINT NOT NULL DEFAULT 0;
-- A room whose picture another server packages (SRS, nginx-rtmp) has its address here.
ALTER TABLE room ADD COLUMN external_url VARCHAR(512) NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN external_id VARCHAR(128) NOT NULL DEFAULT '';

ALTER TABLE shelf_item ADD COLUMN hidden SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE shelf_item ADD COLUMN notes VARCHAR(2000) NOT NULL DEFAULT '';

-- stream_until is the stream's own clock when the stretch ended.
ALTER TABLE pin ADD COLUMN stream_until BIGINT NOT NULL DEFAULT 0;

-- 0 is shown, 1 is held for a moderator, 2 is taken away.
ALTER TABLE room_message ADD COLUMN state SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE room_message ADD COLUMN question SMALLINT NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS room_reminder (
  room_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a minute of a show looked like. Orders are read from the orders.
CREATE TABLE IF NOT EXISTS room_minute (
  room_id BIGINT NOT NULL,
  at_minute BIGINT NOT NULL,
  viewers BIGINT NOT NULL,
  likes BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  PRIMARY KEY (room_id, at_minute)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS restream (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id BIGINT NOT NULL,
  name VARCHAR(60) NOT NULL,
  url_sealed VARCHAR(1024) NOT NULL,
  enabled SMALLINT NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX ix_restream_room (room_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS live_setting (
  shop_id BIGINT NOT NULL PRIMARY KEY,
  keep_days INT NOT NULL,
  clips SMALLINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX ix_room_scheduled ON room (state, scheduled_at);
CREATE INDEX ix_room_external ON room (external_id);
CREATE INDEX ix_pin_product ON pin (room_id, product_id, id);
CREATE INDEX ix_message_state ON room_message (room_id, state, id);
CREATE INDEX ix_message_time ON room_message (room_id, created_at);
