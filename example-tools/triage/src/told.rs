//! A report as a text for people.

use crate::triage::{Kind, Mention, Report, Seen};

/// Bytes of the text, so that it fits in a post.
const LONGEST: usize = 8_000;

/// Patterns of each sort that are written out.
const SHOWN: usize = 5;

/// The report in words.
pub fn text(report: &Report) -> String {
    let mut text = Text(String::new());
    let log = &report.log;
    text.line(&format!("{}: {} lines, {} bytes{}", log.path, log.lines, log.bytes, span(&log.first_time, &log.last_time)));
    text.line(&format!("{} lines with errors, {} with warnings, {} patterns", log.errors, log.warnings, log.patterns));
    if report.thread.posts > 0 {
        text.line(&format!("beside the thread “{}” ({} posts)", report.thread.title, report.thread.posts));
    }
    text.part("What the thread names", report.mentions.iter().flat_map(mention));
    text.part(
        "Around the times it names",
        report.around.iter().map(|around| {
            format!(
                "{} (post {}): {} lines, {} with errors{}",
                around.time,
                around.post,
                around.lines,
                around.errors,
                with(&around.words)
            )
        }),
    );
    text.part(
        "Left half done by dpkg",
        report.unsettled.iter().map(|it| format!("{} is {} since {} (line {})", it.package, it.state, it.since, it.line)),
    );
    text.part("Errors and warnings", report.troubles.iter().take(SHOWN).map(pattern));
    text.part(
        "Bursts",
        report.bursts.iter().map(|burst| {
            let usual = burst.usual;
            format!(
                "{} to {}: {} lines (usual: {usual}), {} with errors{}",
                burst.from,
                burst.to,
                burst.lines,
                burst.errors,
                with(&burst.words)
            )
        }),
    );
    text.part("Most frequent", report.frequent.iter().take(SHOWN).map(pattern));
    text.part("Rare", report.rare.iter().take(SHOWN).map(pattern));
    text.part(
        "Not read",
        report
            .unread
            .iter()
            .map(|it| format!("{}: {}.{}: {}", it.what, it.reason.stage, it.reason.reason, it.reason.message)),
    );
    text.part("Notes", report.notes.iter().cloned());
    text.0
}

fn span(first: &str, last: &str) -> String {
    if first.is_empty() { String::new() } else { format!(", {first} to {last}") }
}

fn with(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!("; {}", words.join(", ")) }
}

fn mention(mention: &Mention) -> Vec<String> {
    let what = match mention.kind {
        Kind::Quoted => format!("“{}”", mention.what),
        Kind::Name | Kind::Code | Kind::Path | Kind::Word => mention.what.clone(),
    };
    if mention.count == 0 {
        return vec![format!("{what} (post {}): not in the log", mention.post)];
    }
    let seen = span(&mention.first_seen, &mention.last_seen);
    let mut lines = vec![format!("{what} (post {}): {} lines{seen}", mention.post, mention.count)];
    lines.extend(mention.lines.iter().map(|line| format!("    {}: {}", line.number, line.text)));
    lines
}

fn pattern(seen: &Seen) -> String {
    let times = span(&seen.first_seen, &seen.last_seen);
    format!("{} × {} (line {}{times})", seen.count, seen.pattern, seen.first_line)
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        if self.0.len() + line.len() < LONGEST {
            self.0.push_str(line);
            self.0.push('\n');
        }
    }

    fn part(&mut self, title: &str, lines: impl Iterator<Item = String>) {
        let mut lines = lines.peekable();
        if lines.peek().is_some() {
            self.line(&format!("\n{title}"));
            lines.for_each(|line| self.line(&format!("  {line}")));
        }
    }
}
