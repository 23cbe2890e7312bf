CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), stamp INTEGER NOT NULL, newest INTEGER NOT NULL) STRICT;
INSERT INTO state VALUES (1, 0, 0);

CREATE TABLE journal (
    number INTEGER PRIMARY KEY, invocation TEXT, seq INTEGER, hash BLOB NOT NULL, entry TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_place ON journal (invocation, seq) WHERE invocation IS NOT NULL;
CREATE TABLE payloads (number INTEGER NOT NULL, part TEXT NOT NULL, salt BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (number, part)) STRICT;
CREATE TABLE open_invocations (invocation TEXT PRIMARY KEY, instance TEXT NOT NULL) STRICT;

CREATE TABLE people (name TEXT PRIMARY KEY, shown TEXT NOT NULL) STRICT;
CREATE TABLE credentials (person TEXT PRIMARY KEY REFERENCES people (name), phc TEXT NOT NULL) STRICT;
CREATE TABLE groups (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE members (group_name TEXT NOT NULL REFERENCES groups (name), principal TEXT NOT NULL, PRIMARY KEY (group_name, principal)) STRICT;
CREATE TABLE forums (name TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES people (name)) STRICT;
CREATE TABLE audiences (forum TEXT NOT NULL REFERENCES forums (name), principal TEXT NOT NULL, PRIMARY KEY (forum, principal)) STRICT;
CREATE TABLE threads (id INTEGER PRIMARY KEY, forum TEXT NOT NULL REFERENCES forums (name), title TEXT NOT NULL) STRICT;
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, thread INTEGER NOT NULL REFERENCES threads (id), author TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
    invocation TEXT, seq INTEGER, UNIQUE (invocation, seq)
) STRICT;
CREATE INDEX posts_thread ON posts (thread, id);
CREATE TABLE objects (name TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES people (name)) STRICT;
CREATE TABLE folders (folder TEXT PRIMARY KEY, object TEXT NOT NULL REFERENCES objects (name)) STRICT;
CREATE TABLE acl_entries (
    id INTEGER PRIMARY KEY, object TEXT NOT NULL REFERENCES objects (name), principal TEXT NOT NULL, right_ TEXT NOT NULL, ends INTEGER,
    tool TEXT, initiator TEXT, invocation TEXT, seq INTEGER, UNIQUE (invocation, seq)
) STRICT;

CREATE TABLE modules (component TEXT NOT NULL, engine TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (component, engine)) STRICT;
