-- +goose Up
-- A show is one broadcast of a room, with figures of its own. A rehearsal is run like one and forgotten when
-- the room leaves it. Until now a room had one show, whose id becomes the room's.
CREATE TABLE live_show (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  rehearsal SMALLINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  started_at BIGINT NOT NULL DEFAULT 0,
  paused_at BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  messages BIGINT NOT NULL DEFAULT 0,
  entries BIGINT NOT NULL DEFAULT 0,
  viewers_peak BIGINT NOT NULL DEFAULT 0,
  follows BIGINT NOT NULL DEFAULT 0,
  replay_ready SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX ix_show_room ON live_show (room_id, rehearsal, id);
CREATE INDEX ix_show_state ON live_show (state, id);
CREATE INDEX ix_show_shop ON live_show (shop_id, started_at);

INSERT INTO live_show (id, room_id, shop_id, rehearsal, state, started_at, paused_at, ended_at, likes, messages, entries,
  viewers_peak, follows, replay_ready)
SELECT id, id, shop_id, CASE WHEN mode = 'rehearsal' THEN 1 ELSE 0 END,
  CASE WHEN state IN ('live', 'paused', 'ended') THEN state ELSE 'scheduled' END, started_at, paused_at, ended_at, likes,
  messages, entries, viewers_peak, follows, replay_ready
FROM room WHERE started_at > 0 OR mode = 'rehearsal';

-- The show that runs or was the last; in a rehearsal, the rehearsal.
ALTER TABLE room ADD COLUMN show_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN cancelled_at BIGINT NOT NULL DEFAULT 0;
UPDATE room SET show_id = id WHERE id IN (SELECT id FROM live_show);
UPDATE room SET cancelled_at = created_at WHERE state = 'cancelled';

ALTER TABLE recording ADD COLUMN show_id BIGINT NOT NULL DEFAULT 0;
-- What was filmed before the show had begun belongs to no show.
UPDATE recording SET show_id = room_id WHERE EXISTS (SELECT 1 FROM live_show s WHERE s.id = recording.room_id AND
  s.started_at > 0 AND recording.started_at >= s.started_at - 10000);
CREATE INDEX ix_recording_show ON recording (show_id);
ALTER TABLE pin ADD COLUMN show_id BIGINT NOT NULL DEFAULT 0;
UPDATE pin SET show_id = room_id WHERE EXISTS (SELECT 1 FROM live_show s WHERE s.id = pin.room_id AND
  pin.pinned_at >= s.started_at);
CREATE INDEX ix_pin_show ON pin (show_id, id);
ALTER TABLE room_message ADD COLUMN show_id BIGINT NOT NULL DEFAULT 0;
UPDATE room_message SET show_id = room_id WHERE room_id IN (SELECT id FROM live_show);
CREATE INDEX ix_message_show ON room_message (room_id, show_id, state, id);
DROP INDEX ix_message_state;

CREATE INDEX ix_shelf_product ON shelf_item (product_id, room_id);

CREATE TABLE show_minute (
  show_id BIGINT NOT NULL,
  at_minute BIGINT NOT NULL,
  viewers BIGINT NOT NULL,
  likes BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  PRIMARY KEY (show_id, at_minute)
);
INSERT INTO show_minute (show_id, at_minute, viewers, likes, messages)
SELECT m.room_id, m.at_minute, m.viewers, m.likes, m.messages FROM room_minute m JOIN live_show s ON s.id = m.room_id
WHERE m.at_minute >= s.started_at - 60000;
DROP TABLE room_minute;

DROP INDEX ix_room_state;
DROP INDEX ix_room_scheduled;
ALTER TABLE room DROP COLUMN state;
ALTER TABLE room DROP COLUMN likes;
ALTER TABLE room DROP COLUMN messages;
ALTER TABLE room DROP COLUMN started_at;
ALTER TABLE room DROP COLUMN ended_at;
ALTER TABLE room DROP COLUMN paused_at;
ALTER TABLE room DROP COLUMN replay_ready;
ALTER TABLE room DROP COLUMN entries;
ALTER TABLE room DROP COLUMN viewers_peak;
ALTER TABLE room DROP COLUMN follows;
CREATE INDEX ix_room_scheduled ON room (scheduled_at);
