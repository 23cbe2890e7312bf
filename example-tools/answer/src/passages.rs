//! Cuts a document into passages: paragraphs, each with the heading it stands under.

/// A paragraph, a list or a block of code; its text borrows from the document.
pub struct Passage<'d> {
    /// The nearest heading above it, without its marks; empty where there is none.
    pub heading: &'d str,
    /// First line, from 1.
    pub line: u32,
    pub text: &'d str,
}

/// The passages of `document` in their order. Headings are no passages of their own.
pub fn cut(document: &str) -> Vec<Passage<'_>> {
    let mut passages = Vec::new();
    let (mut heading, mut fenced) = ("", false);
    let mut open: Option<(usize, u32)> = None;
    let (mut at, mut number) = (0, 0);
    for line in document.split_inclusive('\n') {
        number += 1;
        let (start, trimmed) = (at, line.trim());
        at += line.len();
        if trimmed.starts_with("```") {
            fenced = !fenced;
        }
        let title = if fenced { None } else { title(trimmed) };
        if title.is_some() || (trimmed.is_empty() && !fenced) {
            close(document, &mut open, start, heading, &mut passages);
            heading = title.unwrap_or(heading);
        } else if open.is_none() {
            open = Some((start, number));
        }
    }
    close(document, &mut open, at, heading, &mut passages);
    passages
}

fn close<'d>(
    document: &'d str,
    open: &mut Option<(usize, u32)>,
    end: usize,
    heading: &'d str,
    passages: &mut Vec<Passage<'d>>,
) {
    if let Some((start, line)) = open.take() {
        passages.push(Passage { heading, line, text: document[start..end].trim() });
    }
}

/// The words of a Markdown heading.
fn title(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with(' ')).then(|| words.trim().trim_end_matches('#').trim_end())
}
