-- What was read before a question was asked: who is not cleared for it is not shown the question.
ALTER TABLE approvals ADD COLUMN label TEXT NOT NULL DEFAULT '';
