//! The tool `answer`: finds the paragraphs of a folder of runbooks that speak of a question, and cites them.

mod documents;
mod passages;
mod rank;
#[cfg(test)]
mod tests;
mod words;

#[tollgate_sdk::tool(
    "files.read" = { paths = ["**"], calls = 10_000, bytes = "64 MiB" },
    "forum.post" = { forums = ["*"], calls = 1, bytes = "8 KiB" },
)]
/// Answers a question from a folder of documents, with the places it took the answer from.
pub mod answer {
    use tollgate_sdk::{Refusal, forum};

    use crate::{documents, rank};

    /// Bytes of a passage's text in an answer; with `rank::BEST` passages an answer fits in a post of 8 KiB.
    const SHOWN: usize = 1_000;

    /// A paragraph that speaks of the question.
    pub struct Passage {
        /// The document it stands in.
        pub path: String,
        /// Its first line there, from 1.
        pub line: u32,
        /// The paragraph, shortened where it is long.
        pub text: String,
        /// How well it fits; only to be compared within one answer.
        pub score: f64,
    }

    /// A document or folder that the host did not hand out.
    pub struct Unread {
        /// Which.
        pub path: String,
        /// What the host said.
        pub reason: Refusal,
    }

    /// What the documents say.
    pub struct Answer {
        /// The passages as one text with citations, `path:line`.
        pub text: String,
        /// Best first; empty when no document speaks of the question.
        pub passages: Vec<Passage>,
        /// How many documents were read.
        pub documents: u32,
        /// Bytes of them.
        pub bytes: u64,
        /// What could not be read; the answer was made without it.
        pub unread: Vec<Unread>,
    }

    /// An answer that stands in a thread.
    pub struct Posted {
        /// The same as `ask` gives.
        pub answer: Answer,
        /// The post's id.
        pub post: u64,
    }

    /// Answers `question` from the documents in `folder` and the folders below it.
    ///
    /// Fails with the host's refusal where the folder itself may not be listed, or the meter was spent before anything was read.
    pub fn ask(
        /// What is asked, in plain words.
        question: &str,
        /// Where the documents are, from the workspace's files root: `runbooks`.
        folder: &str,
    ) -> Result<Answer, Refusal> {
        let shelf = documents::read_below(folder)?;
        let passages: Vec<Passage> = rank::best(question, &shelf.documents)
            .into_iter()
            .map(|found| Passage {
                path: shelf.documents[found.document].path.clone(),
                line: found.line,
                text: shortened(&found.text),
                score: found.score,
            })
            .collect();
        Ok(Answer {
            text: compose(&passages, shelf.documents.len()),
            passages,
            documents: u32::try_from(shelf.documents.len()).unwrap_or(u32::MAX),
            bytes: shelf.bytes,
            unread: shelf.unread,
        })
    }

    /// Answers like `ask` and posts the answer in a thread, once the person it works for has agreed.
    pub fn reply(
        /// What is asked, in plain words.
        question: &str,
        /// Where the documents are, from the workspace's files root: `runbooks`.
        folder: &str,
        /// The forum to post in.
        forum: &str,
        /// The id of the thread to post in.
        thread: u64,
    ) -> Result<Posted, Refusal> {
        let answer = ask(question, folder)?;
        let post = forum::post(forum, thread, &answer.text)?;
        Ok(Posted { answer, post })
    }

    fn compose(passages: &[Passage], documents: usize) -> String {
        if passages.is_empty() {
            return format!("None of the {documents} documents I could read speaks of this.");
        }
        let cited: Vec<String> = passages.iter().map(|p| format!("{}\n({}:{})", p.text, p.path, p.line)).collect();
        cited.join("\n\n")
    }

    /// At most `SHOWN` bytes of `text`, cut between characters.
    fn shortened(text: &str) -> String {
        if text.len() <= SHOWN {
            return text.to_owned();
        }
        let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        format!("{}…", text[..end].trim_end())
    }
}
