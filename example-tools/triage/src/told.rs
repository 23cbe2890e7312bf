//! A report as a text for people.

use crate::triage::{Around, Burst, Kind, Mention, Report, Seen, Unread, Unsettled};

/// Bytes of the text, so that it fits in a post.
const LONGEST: usize = 8_000;

/// Patterns of each sort that are written out.
const SHOWN: usize = 5;

/// The report in words.
pub fn text(report: &Report) -> String {
    let mut text = Text(String::new());
    let log = &report.log;
    let read = format!("{}, {}", many(log.lines, "line"), many(log.bytes, "byte"));
    text.line(&format!("{}: {read}{}", log.path, span(&log.first_time, &log.last_time)));
    let told_apart = many(log.patterns.into(), "pattern");
    text.line(&format!("errors in {}, warnings in {}; {told_apart}", many(log.errors, "line"), log.warnings));
    if report.thread.posts > 0 {
        text.line(&format!("beside the thread “{}” ({})", report.thread.title, many(report.thread.posts.into(), "post")));
    }
    text.part("What the thread names", report.mentions.iter().flat_map(mention));
    text.part("Around the times it names", report.around.iter().map(around));
    let unsettled = |it: &Unsettled| format!("{} is {} since {} (line {})", it.package, it.state, it.since, it.line);
    text.part("Left half done by dpkg", report.unsettled.iter().map(unsettled));
    text.part("Errors and warnings", report.troubles.iter().take(SHOWN).map(pattern));
    text.part("Bursts", report.bursts.iter().map(burst));
    text.part("Most frequent", report.frequent.iter().take(SHOWN).map(pattern));
    text.part("Rare", report.rare.iter().take(SHOWN).map(pattern));
    text.part("Not read", report.unread.iter().map(unread));
    text.part("Notes", report.notes.iter().cloned());
    text.0
}

/// `1 line`, `2 lines`.
fn many(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn span(first: &str, last: &str) -> String {
    match (first, last) {
        ("", _) => String::new(),
        (first, last) if first == last => format!(", {first}"),
        (first, last) => format!(", {first} to {last}"),
    }
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
    let mut lines = vec![format!("{what} (post {}): {}{seen}", mention.post, many(mention.count, "line"))];
    lines.extend(mention.lines.iter().map(|line| format!("    {}: {}", line.number, line.text)));
    lines
}

fn around(around: &Around) -> String {
    let lines = many(around.lines, "line");
    format!("{} (post {}): {lines}, {} with errors{}", around.time, around.post, around.errors, with(&around.words))
}

fn burst(burst: &Burst) -> String {
    let (lines, usual) = (many(burst.lines, "line"), burst.usual);
    let words = with(&burst.words);
    format!("{} to {}: {lines} (usual: {usual}), {} with errors{words}", burst.from, burst.to, burst.errors)
}

fn pattern(seen: &Seen) -> String {
    let times = span(&seen.first_seen, &seen.last_seen);
    format!("{} × {} (line {}{times})", seen.count, seen.pattern, seen.first_line)
}

fn unread(unread: &Unread) -> String {
    format!("{}: {}.{}: {}", unread.what, unread.reason.stage, unread.reason.reason, unread.reason.message)
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
