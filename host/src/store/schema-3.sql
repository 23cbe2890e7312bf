-- Who may ever be given an object or a forum, beside its owner. Where nobody declared it: who could read it when people last
-- wrote it, leases left out.
CREATE TABLE object_ceilings (
    object TEXT NOT NULL REFERENCES objects (name) ON DELETE CASCADE, principal TEXT NOT NULL, declared INTEGER NOT NULL,
    PRIMARY KEY (object, principal)
) STRICT, WITHOUT ROWID;
CREATE TABLE forum_ceilings (
    forum TEXT NOT NULL REFERENCES forums (name) ON DELETE CASCADE, principal TEXT NOT NULL, declared INTEGER NOT NULL,
    PRIMARY KEY (forum, principal)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO object_ceilings SELECT object, principal, 0 FROM acl_entries WHERE tool IS NULL;
INSERT OR IGNORE INTO forum_ceilings SELECT forum, principal, 0 FROM audiences;
UPDATE state SET stamp = stamp + 1;
-- What the sessions of agents hold: a line for each source. A session is its platform's claim, or a person and agents.
CREATE TABLE sessions (
    person TEXT NOT NULL, claim TEXT NOT NULL, agent TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (person, claim, agent)
) STRICT, WITHOUT ROWID;
-- What tools wrote carries a label: a post and a lease by the intent that they came from, a file by its path, with the intent
-- that wrote it last.
CREATE TABLE carried (invocation TEXT NOT NULL, seq INTEGER NOT NULL, label TEXT NOT NULL, PRIMARY KEY (invocation, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE carried_files (path TEXT PRIMARY KEY, invocation TEXT NOT NULL, seq INTEGER NOT NULL, label TEXT NOT NULL) STRICT, WITHOUT ROWID;
