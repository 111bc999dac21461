-- +goose Up
CREATE TABLE IF NOT EXISTS room (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  host_id BIGINT NOT NULL,
  title VARCHAR(120) NOT NULL,
  cover_url VARCHAR(255) NOT NULL,
  state VARCHAR(16) NOT NULL,
  key_index CHAR(64) NOT NULL,
  key_sealed VARCHAR(255) NOT NULL,
  likes BIGINT NOT NULL DEFAULT 0,
  messages BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0,
  paused_at BIGINT NOT NULL DEFAULT 0,
  closed_until BIGINT NOT NULL DEFAULT 0,
  recorded SMALLINT NOT NULL,
  replay_ready SMALLINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_room_key UNIQUE (key_index),
  INDEX ix_room_state (state, id),
  INDEX ix_room_shop (shop_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS recording (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  folder VARCHAR(64) NOT NULL,
  started_at BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  size BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_recording_folder UNIQUE (room_id, folder)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS shelf_item (
  room_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  position INT NOT NULL,
  sold BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (room_id, product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per stretch of "explaining now"; stream_at is the stream's own clock.
CREATE TABLE IF NOT EXISTS pin (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  by_id BIGINT NOT NULL,
  pinned_at BIGINT NOT NULL,
  stream_at BIGINT NOT NULL,
  unpinned_at BIGINT NOT NULL DEFAULT 0,
  INDEX ix_pin_room (room_id, unpinned_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS room_message (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  user_name VARCHAR(64) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  body VARCHAR(800) NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX ix_message_room (room_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a stream must remember over a restart of the server.
CREATE TABLE IF NOT EXISTS stream_state (
  stream_id VARCHAR(64) NOT NULL PRIMARY KEY,
  state MEDIUMTEXT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
