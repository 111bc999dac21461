-- +goose Up
-- Which documents hold a gram of two or three letters.
CREATE TABLE search_gram (
  kind SMALLINT NOT NULL,
  gram VARCHAR(4) NOT NULL,
  doc BIGINT NOT NULL,
  PRIMARY KEY (kind, gram, doc)
) WITHOUT ROWID;

-- Up to where the documents from before there was an index have been read.
CREATE TABLE search_backlog (
  kind SMALLINT NOT NULL PRIMARY KEY,
  upto BIGINT NOT NULL
);
INSERT INTO search_backlog (kind, upto) SELECT 1, 0 FROM product ORDER BY id LIMIT 1;
