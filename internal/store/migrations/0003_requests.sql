-- Answers to requests of programs that carried an Idempotency-Key, so that the
-- same request again gets the same answer. status is 0 while the request is
-- being done. They are kept for a day and are in no backup.
CREATE TABLE requests (
    organization TEXT NOT NULL REFERENCES organizations (id),
    token        TEXT NOT NULL,
    key          TEXT NOT NULL,
    digest       TEXT NOT NULL,
    status       BIGINT NOT NULL,
    header       TEXT NOT NULL,
    body         BYTEA NOT NULL,
    began        BIGINT NOT NULL,
    PRIMARY KEY (organization, token, key)
);
CREATE INDEX requests_began ON requests (organization, began);
