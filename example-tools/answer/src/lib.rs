//! The tool `answer`: finds the paragraphs of a folder of runbooks that speak of a question, and cites them.

mod documents;
mod passages;
mod rank;
mod words;

wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "tollgate:answer/tool", generate_all });

use exports::tollgate::answer::answer::{Answer, Guest, Passage, Posted, Refusal};
use tollgate::host::forum;

/// Bytes of a passage's text in an answer; with `rank::BEST` passages an answer fits in a post of 8 KiB.
const SHOWN: usize = 1_000;

struct Tool;

impl Guest for Tool {
    fn ask(question: String, folder: String) -> Result<Answer, Refusal> {
        answer(&question, &folder)
    }

    fn reply(question: String, folder: String, forum: String, thread: u64) -> Result<Posted, Refusal> {
        let answer = answer(&question, &folder)?;
        let post = forum::post(&forum, thread, &answer.text)?;
        Ok(Posted { answer, post })
    }
}

fn answer(question: &str, folder: &str) -> Result<Answer, Refusal> {
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

export!(Tool);
