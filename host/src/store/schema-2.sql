-- What the clock said when `newest` was written: less, where it had gone back.
ALTER TABLE state ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
UPDATE state SET clock = newest;

-- Questions to people, and what came of them; `agent` names all that act, the one that calls first, a space between
-- them. What a yes is bound to stands in the payload `act` of the entry `number`.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY, number INTEGER NOT NULL, act BLOB NOT NULL, state TEXT NOT NULL, why TEXT,
    function TEXT NOT NULL, tool TEXT NOT NULL, initiator TEXT NOT NULL, agent TEXT NOT NULL, consent TEXT NOT NULL,
    about TEXT, audience TEXT NOT NULL, asker TEXT NOT NULL, asked INTEGER NOT NULL, expires INTEGER NOT NULL, settled INTEGER, invocation TEXT, seq INTEGER
) STRICT;
CREATE INDEX approvals_act ON approvals (act);
CREATE INDEX approvals_kind ON approvals (tool, function, state);
CREATE INDEX approvals_asker ON approvals (asker) WHERE state IN ('open', 'agreed');
-- Intents by the question whose yes they used: what was used stays used, whatever is done to its row.
CREATE INDEX journal_uses ON journal (CASE WHEN json_valid(entry) THEN json_extract(entry, '$.body.question') END)
    WHERE instr(entry, '"kind":"intent"') > 0;
-- Who was turned away where people answer.
CREATE INDEX journal_turned ON journal (number) WHERE instr(entry, '"kind":"turned-away"') > 0;
CREATE TABLE answers (
    approval INTEGER NOT NULL REFERENCES approvals (id), person TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (approval, person)
) STRICT, WITHOUT ROWID;
-- Invocations that were set down, until their result was handed to a caller.
CREATE TABLE waits (
    invocation TEXT PRIMARY KEY, call BLOB NOT NULL, approval INTEGER NOT NULL, since INTEGER NOT NULL, instance TEXT, ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX waits_call ON waits (call);
CREATE INDEX waits_approval ON waits (approval);
-- Idempotency keys that callers gave.
CREATE TABLE keys (key BLOB PRIMARY KEY, invocation TEXT NOT NULL, call BLOB NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- What was spent of quotas: each counter's uses, numbered in order, as long as a window may reach back to them.
CREATE TABLE spent (counter TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (counter, number)) STRICT, WITHOUT ROWID;
CREATE TABLE freezes (
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL,
    ends INTEGER, thawed INTEGER
) STRICT;
-- Acts done without the consent they needed, until somebody else has looked at them. Each end with the number of its entry.
CREATE TABLE reviews (
    approval INTEGER PRIMARY KEY REFERENCES approvals (id), person TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,
    closed_by TEXT, closed INTEGER, finding TEXT, closing INTEGER
) STRICT;
-- Acts of which nobody knows whether they happened, until somebody finds out.
CREATE TABLE doubts (
    invocation TEXT NOT NULL, seq INTEGER NOT NULL, function TEXT NOT NULL, at INTEGER NOT NULL, settled INTEGER, outcome TEXT, found TEXT,
    PRIMARY KEY (invocation, seq)
) STRICT, WITHOUT ROWID;
-- Leases: what tools opened, whatever has become of the entry since. An entry names the lease that it is there for; a lease
-- stays when its entry is gone, and knows when the object itself was deleted.
CREATE TABLE leases (
    id INTEGER PRIMARY KEY, object TEXT NOT NULL, principal TEXT NOT NULL, right_ TEXT NOT NULL, began INTEGER NOT NULL, ends INTEGER NOT NULL,
    tool TEXT NOT NULL, initiator TEXT NOT NULL, invocation TEXT NOT NULL, seq INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
    reverted INTEGER, found TEXT, UNIQUE (invocation, seq)
) STRICT;
CREATE INDEX leases_ends ON leases (ends) WHERE reverted IS NULL;
CREATE TRIGGER leases_object AFTER DELETE ON objects BEGIN
    UPDATE leases SET deleted = 1 WHERE object = OLD.name AND reverted IS NULL;
END;
-- The journal's entries about a lease, beside those of its invocation.
CREATE TABLE lease_entries (lease INTEGER NOT NULL REFERENCES leases (id), number INTEGER NOT NULL, PRIMARY KEY (lease, number)) STRICT, WITHOUT ROWID;
ALTER TABLE acl_entries ADD COLUMN lease INTEGER REFERENCES leases (id);
CREATE INDEX acl_entries_people ON acl_entries (object, principal) WHERE lease IS NULL;
CREATE INDEX acl_entries_lease ON acl_entries (lease) WHERE lease IS NOT NULL;
INSERT INTO leases (id, object, principal, right_, began, ends, tool, initiator, invocation, seq)
    SELECT id, object, principal, right_,
        coalesce((SELECT json_extract(entry, '$.time') FROM journal WHERE journal.invocation = acl_entries.invocation AND journal.seq = acl_entries.seq), ends),
        ends, tool, initiator, invocation, seq
    FROM acl_entries WHERE tool IS NOT NULL;
UPDATE acl_entries SET lease = id WHERE tool IS NOT NULL;
-- Codes by which a person signs in on the page, once, by their digests.
CREATE TABLE codes (code BLOB PRIMARY KEY, person TEXT NOT NULL, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
