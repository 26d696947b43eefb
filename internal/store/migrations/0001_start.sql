-- The first shape of the store. One text for SQLite and PostgreSQL: types and
-- statements of the common subset only. On PostgreSQL every TEXT column gets
-- the collation "C", so that both engines order text by its bytes.
--
-- Times are microseconds since 1970 UTC. from_pos and to_pos are positions in
-- the organization's log: a row holds from the one until before the other;
-- 9223372036854775807 in to_pos means that it holds now.

CREATE TABLE organizations (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    closed BOOLEAN NOT NULL
);

-- The book. size is the lock that orders the writers of one organization.
CREATE TABLE logs (
    organization TEXT PRIMARY KEY REFERENCES organizations (id),
    size         BIGINT NOT NULL,
    time         BIGINT NOT NULL,
    checkpoint   TEXT NOT NULL
);

CREATE TABLE log_keys (
    number      BIGINT PRIMARY KEY,
    verifier    TEXT NOT NULL,
    endorsement TEXT NOT NULL,
    time        BIGINT NOT NULL
);

CREATE TABLE events (
    organization TEXT NOT NULL REFERENCES organizations (id),
    position     BIGINT NOT NULL,
    time         BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    target       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    entry        BYTEA NOT NULL,
    PRIMARY KEY (organization, position)
);
CREATE INDEX events_time ON events (organization, time, position);
CREATE INDEX events_target ON events (organization, target, position);
CREATE INDEX events_actor ON events (organization, actor, position);

CREATE TABLE log_hashes (
    organization TEXT NOT NULL REFERENCES organizations (id),
    number       BIGINT NOT NULL,
    hash         BYTEA NOT NULL,
    PRIMARY KEY (organization, number)
);

CREATE TABLE revisions (
    organization TEXT NOT NULL REFERENCES organizations (id),
    kind         TEXT NOT NULL,
    id           TEXT NOT NULL,
    revision     BIGINT NOT NULL,
    schema       BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    prefix       TEXT NOT NULL,
    title        TEXT NOT NULL,
    state        TEXT NOT NULL,
    record_key   TEXT NOT NULL,
    from_pos     BIGINT NOT NULL,
    to_pos       BIGINT NOT NULL,
    digest       TEXT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, kind, id, revision),
    CHECK (revision >= 1 AND from_pos <= to_pos)
);
CREATE UNIQUE INDEX revisions_current ON revisions (organization, kind, id) WHERE to_pos = 9223372036854775807;
CREATE UNIQUE INDEX revisions_key ON revisions (organization, kind, record_key)
    WHERE to_pos = 9223372036854775807 AND record_key <> '';
CREATE INDEX revisions_count ON revisions (organization, kind, number);
CREATE INDEX revisions_number ON revisions (organization, kind, to_pos, number);
CREATE INDEX revisions_state ON revisions (organization, kind, to_pos, state, number);
CREATE INDEX revisions_from ON revisions (organization, from_pos);

CREATE TABLE links (
    organization TEXT NOT NULL REFERENCES organizations (id),
    kind         TEXT NOT NULL,
    id           TEXT NOT NULL,
    revision     BIGINT NOT NULL,
    path         TEXT NOT NULL,
    to_kind      TEXT NOT NULL,
    to_id        TEXT NOT NULL,
    PRIMARY KEY (organization, kind, id, revision, path),
    FOREIGN KEY (organization, kind, id, revision) REFERENCES revisions (organization, kind, id, revision)
);
CREATE INDEX links_to ON links (organization, to_kind, to_id);

CREATE TABLE evidence (
    organization TEXT NOT NULL REFERENCES organizations (id),
    sha256       TEXT NOT NULL,
    name         TEXT NOT NULL,
    size         BIGINT NOT NULL,
    media_type   TEXT NOT NULL,
    origin       TEXT NOT NULL,
    blob         TEXT NOT NULL,
    from_pos     BIGINT NOT NULL,
    redacted_pos BIGINT NOT NULL,
    PRIMARY KEY (organization, sha256)
);
CREATE INDEX evidence_from ON evidence (organization, from_pos);

CREATE TABLE evidence_chunks (
    organization TEXT NOT NULL REFERENCES organizations (id),
    blob         TEXT NOT NULL,
    number       BIGINT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, blob, number)
);

-- Facts. grp is what the rows of one source have in common: the inventory of
-- a device, the product of a component or finding. digest is over grp, id, the
-- columns for searching and data; place is where the row stood in its document
-- and does not make it a different one. There are no foreign keys to the
-- organization: they would be looked up for each of a million rows, and every
-- writer holds the head of the organization's log anyway.
CREATE TABLE devices (
    organization TEXT NOT NULL,
    grp          TEXT NOT NULL,
    id           TEXT NOT NULL,
    from_pos     BIGINT NOT NULL,
    to_pos       BIGINT NOT NULL,
    digest       BYTEA NOT NULL,
    product      TEXT NOT NULL,
    place        TEXT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, id, from_pos)
);
CREATE INDEX devices_to ON devices (organization, to_pos, product);
CREATE INDEX devices_from ON devices (organization, from_pos);

CREATE TABLE products (
    organization TEXT NOT NULL,
    grp          TEXT NOT NULL,
    id           TEXT NOT NULL,
    from_pos     BIGINT NOT NULL,
    to_pos       BIGINT NOT NULL,
    digest       BYTEA NOT NULL,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    place        TEXT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, grp, id, from_pos)
);
CREATE INDEX products_to ON products (organization, to_pos);
CREATE INDEX products_from ON products (organization, from_pos);
CREATE INDEX products_id ON products (organization, id);

CREATE TABLE components (
    organization TEXT NOT NULL,
    grp          TEXT NOT NULL,
    id           TEXT NOT NULL,
    from_pos     BIGINT NOT NULL,
    to_pos       BIGINT NOT NULL,
    digest       BYTEA NOT NULL,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    place        TEXT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, grp, id, from_pos)
);
CREATE INDEX components_name ON components (organization, to_pos, name);
CREATE INDEX components_from ON components (organization, from_pos);

CREATE TABLE findings (
    organization  TEXT NOT NULL,
    grp           TEXT NOT NULL,
    id            TEXT NOT NULL,
    from_pos      BIGINT NOT NULL,
    to_pos        BIGINT NOT NULL,
    digest        BYTEA NOT NULL,
    vulnerability TEXT NOT NULL,
    status        TEXT NOT NULL,
    devices       TEXT NOT NULL,
    place         TEXT NOT NULL,
    data          BYTEA NOT NULL,
    PRIMARY KEY (organization, grp, id, from_pos)
);
CREATE INDEX findings_to ON findings (organization, to_pos, grp);
CREATE INDEX findings_vulnerability ON findings (organization, to_pos, vulnerability);
CREATE INDEX findings_from ON findings (organization, from_pos);
CREATE INDEX findings_id ON findings (organization, id);

-- Sets of device ids, under the SHA-256 of their canonical JSON: 15,000 pumps
-- with one finding are one row here, and all findings of a product share it.
CREATE TABLE device_sets (
    organization TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    size         BIGINT NOT NULL,
    data         BYTEA NOT NULL,
    PRIMARY KEY (organization, sha256)
);

CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    organization     TEXT NOT NULL REFERENCES organizations (id),
    kind             TEXT NOT NULL,
    args             BYTEA NOT NULL,
    state            TEXT NOT NULL,
    unique_text      TEXT NOT NULL,
    actor            TEXT NOT NULL,
    run_at           BIGINT NOT NULL,
    attempt          BIGINT NOT NULL,
    max_attempts     BIGINT NOT NULL,
    worker           TEXT NOT NULL,
    lease_until      BIGINT NOT NULL,
    done             BIGINT NOT NULL,
    total            BIGINT NOT NULL,
    note             TEXT NOT NULL,
    resume           BYTEA NOT NULL,
    error            TEXT NOT NULL,
    cancel           BOOLEAN NOT NULL,
    created          BIGINT NOT NULL,
    finished         BIGINT NOT NULL,
    last_alive       BIGINT NOT NULL,
    CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled'))
);
CREATE UNIQUE INDEX jobs_unique ON jobs (organization, kind, unique_text)
    WHERE unique_text <> '' AND state IN ('queued', 'running');
CREATE INDEX jobs_ready ON jobs (run_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_organization ON jobs (organization, id);

-- Who may come in. users and memberships repeat what their records say, for
-- look-ups before an organization is known; verify compares them.
CREATE TABLE users (
    id       TEXT PRIMARY KEY,
    email    TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    operator BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL
);

CREATE TABLE credentials (
    user_id      TEXT PRIMARY KEY REFERENCES users (id),
    password     TEXT NOT NULL,
    changed      BIGINT NOT NULL,
    failures     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);

CREATE TABLE memberships (
    organization TEXT NOT NULL REFERENCES organizations (id),
    user_id      TEXT NOT NULL REFERENCES users (id),
    roles        TEXT NOT NULL,
    PRIMARY KEY (organization, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
    hash         TEXT PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES users (id),
    organization TEXT NOT NULL,
    created      BIGINT NOT NULL,
    seen         BIGINT NOT NULL,
    idle         BIGINT NOT NULL,
    expires      BIGINT NOT NULL,
    agent        TEXT NOT NULL,
    address      TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- API tokens (kind api) and links that work once (kind setup, reset).
CREATE TABLE tokens (
    hash         TEXT PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    organization TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    created      BIGINT NOT NULL,
    expires      BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    revoked      BIGINT NOT NULL,
    CHECK (kind IN ('api', 'setup', 'reset'))
);
CREATE INDEX tokens_organization ON tokens (organization, id);
