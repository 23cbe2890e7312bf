//! The card as text for a terminal: host lines begin at the margin or with a label, lines of the payload behind `  │ `.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthChar as _;

use super::super::visible::{Shown, one_line, scripts, show, show_name};
use super::{Act, Card, Meanwhile};
use crate::name::{Digest, PersonName};
use crate::people::Gain;

/// Columns that a line takes at most, so that a terminal of 80 never wraps one: what it wrapped would begin at the margin.
const COLUMNS: usize = 79;

/// Before a line of the payload.
const BAR: &str = "  │ ";

/// Before the rest of a line of the payload that is too long for one row.
const BAR_AGAIN: &str = "  │ ⟨…⟩";

/// Before the rest of a host's line: as wide as a label.
const INDENT: &str = "            ";

/// Names and other items that are listed before the rest is counted: in the whole card, and in a list of cards.
const WHOLE: usize = 200;
const SHORT: usize = 12;

/// Rows of the payload in a list of cards.
const HEAD: usize = 6;
const TAIL: usize = 3;

/// Rows between them that are shown all the same, since something in them does not meet the eye.
const ODD: usize = 8;

impl Card {
    /// The whole card, to be read before an answer is given.
    #[must_use]
    pub fn text(&self, meanwhile: &Meanwhile) -> String {
        self.sheet(meanwhile, WHOLE, |sheet, shown| {
            for line in shown.text.split('\n') {
                sheet.row(BAR, BAR_AGAIN, line, Break::Anywhere);
            }
        })
    }

    /// The card where there are many: of the payload only its counts, its head, its tail and what is odd between them.
    #[must_use]
    pub fn text_short(&self, meanwhile: &Meanwhile) -> String {
        self.sheet(meanwhile, SHORT, |sheet, shown| {
            let mut rows = Sheet::default();
            for line in shown.text.split('\n') {
                rows.row(BAR, BAR_AGAIN, line, Break::Anywhere);
            }
            let rows: Vec<&str> = rows.0.lines().collect();
            let (head, rest) = rows.split_at(HEAD.min(rows.len()));
            let (middle, tail) = rest.split_at(rest.len().saturating_sub(TAIL));
            head.iter().for_each(|row| sheet.push(row));
            let odd = middle.iter().filter(|row| is_odd(row));
            match (middle.len(), odd.clone().count()) {
                (0, _) => {}
                (rows, 0) => sheet.push(&format!("  ⋮ {} not shown here", many(rows, "row"))),
                (rows, odd) => sheet.push(&format!("  ⋮ {} not shown here but for what is odd, {odd}:", many(rows, "row"))),
            }
            odd.take(ODD).for_each(|row| sheet.push(row));
            tail.iter().for_each(|row| sheet.push(row));
        })
    }

    fn sheet(&self, meanwhile: &Meanwhile, most: usize, body: impl FnOnce(&mut Sheet, &Shown)) -> String {
        let (act, mut sheet) = (&self.act, Sheet::default());
        sheet.row("", INDENT, &self.asks(), Break::AtSpaces);
        if let Some(frozen) = &meanwhile.frozen {
            sheet.says("frozen", &format!("{}; no answer counts until this is thawed", one_line(frozen)));
        }
        sheet.says("tool", &format!("{} ({})", act.tool, short(act.component)));
        sheet.says("component", &act.component.hex());
        self.does.iter().for_each(|line| sheet.row("  ", INDENT, &one_line(line), Break::AtSpaces));
        self.people(&mut sheet, most);
        sheet.says("it read", &list(self.read.iter().map(|source| show_name(source)), most, "nothing"));
        if !self.uncleared.is_empty() {
            let who = people(&self.uncleared, most, "");
            sheet.says("uncleared", &format!("for what it read: {who}. A yes releases it to them, in this act alone"));
        }
        if !self.rules.is_empty() {
            sheet.says("needs", &format!("a yes of {}", one_line(&self.rules.join(", and of "))));
        }
        meanwhile.answers.iter().for_each(|answer| sheet.says("so far", &one_line(answer)));
        if !self.changed.is_empty() {
            sheet.says("differs", "from the question before, which was refused or void, by:");
            self.changed
                .iter()
                .for_each(|line| sheet.row("            - ", "              ", &one_line(line), Break::AtSpaces));
        }
        sheet.says("asked", &self.asked.to_string());
        sheet.says("expires", &self.end());
        self.findings.iter().for_each(|line| sheet.says("found", &one_line(line)));
        if let Some(payload) = &self.payload {
            let shown = show(payload);
            sheet.says("text", &counts(payload, &shown));
            body(&mut sheet, &shown);
        }
        self.on_yes.iter().for_each(|line| sheet.says("on yes", &one_line(line)));
        self.on_no.iter().for_each(|line| sheet.says("on no", &one_line(line)));
        sheet.0.pop();
        sheet.0
    }

    /// Who asks, with everybody on whose behalf: `agent-9, for agent-7, asks to act for ben`.
    fn asks(&self) -> String {
        let Act { actors, initiator, .. } = &self.act;
        let comma = if actors.via().is_empty() { "" } else { "," };
        format!("{actors}{comma} asks to act for {initiator}")
    }

    /// Whom it reaches, who of them is new, and who gains or loses.
    fn people(&self, sheet: &mut Sheet, most: usize) {
        sheet.says("seen by", &people(&self.act.audience, most, "nobody new"));
        if !self.act.audience.is_empty() {
            sheet.says(
                "new",
                &match &self.new {
                    None => "first of its kind: there was no similar act before".to_owned(),
                    Some(new) => people(new, most, "nobody since the last similar act"),
                },
            );
        }
        for (label, gains) in [("gains", &self.gains), ("loses", &self.loses)] {
            gains.iter().take(most).for_each(|gain| sheet.says(label, &through(gain)));
            if gains.len() > most {
                sheet.says(label, &format!("and {} more", gains.len() - most));
            }
        }
    }

    /// When it can no longer be answered.
    pub(super) fn end(&self) -> String {
        if self.expires == Self::WITH_ITS_CALL { "when the call ends".to_owned() } else { self.expires.to_string() }
    }
}

/// Where a line that is too long may be broken.
#[derive(Clone, Copy, PartialEq)]
enum Break {
    /// Before any character: every blank is where it was.
    Anywhere,
    /// At a space, if there is one.
    AtSpaces,
}

/// Lines, each ended.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn push(&mut self, row: &str) {
        self.0.push_str(row);
        self.0.push('\n');
    }

    fn says(&mut self, label: &str, text: &str) {
        self.row(&format!("  {label:<10}"), INDENT, text, Break::AtSpaces);
    }

    /// Adds a line in rows that no terminal wraps: the first behind `first`, the others behind `next`.
    fn row(&mut self, first: &str, next: &str, line: &str, breaks: Break) {
        let (mut prefix, mut rest) = (first, line);
        loop {
            let fits = fitting(rest, COLUMNS - width(prefix));
            let (row, left) = match breaks {
                _ if fits == rest.len() => (rest, ""),
                Break::Anywhere => rest.split_at(before_escape(rest, fits)),
                Break::AtSpaces => match rest[..fits].rfind(' ') {
                    Some(space) if space > 0 => (&rest[..space], &rest[space + 1..]),
                    _ => rest.split_at(fits),
                },
            };
            self.0.push_str(prefix);
            self.push(row);
            if left.is_empty() {
                return;
            }
            (prefix, rest) = (next, left);
        }
    }
}

/// The bytes of `text` that take at most `columns`; one character at least.
fn fitting(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(1);
        if taken > columns && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Whether the host has written something into a row of the payload.
fn is_odd(row: &str) -> bool {
    let text = row.strip_prefix(BAR_AGAIN).unwrap_or(row);
    text.contains("\\u{") || text.contains('⟨')
}

/// Where to break a text that fits up to `fits`, so that no escape is torn.
fn before_escape(text: &str, fits: usize) -> usize {
    match text[..fits].rfind("\\u") {
        Some(at) if at > 0 && !text[at..fits].contains('}') => at,
        _ if text[..fits].ends_with('\\') && fits > 1 => fits - 1,
        _ => fits,
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(1)).sum()
}

/// How long a text is and what in it does not meet the eye, before any of it is shown.
fn counts(payload: &str, shown: &Shown) -> String {
    let mut counts = vec![many(payload.len(), "byte"), many(payload.split('\n').count(), "line")];
    if shown.hidden > 0 {
        counts.push(format!("{} written out as \\u{{…}}", many(shown.hidden, "hidden character")));
    }
    if shown.marked > 0 {
        counts.push(format!("{} marked ⟨…⟩ that mix scripts or look like others", many(shown.marked, "word")));
    }
    if shown.folded > 0 {
        counts.push(format!("{} counted instead of shown", many(shown.folded, "blank")));
    }
    let scripts = scripts(payload);
    if scripts.iter().any(|script| *script != "Latin") {
        counts.push(format!("letters are {}", scripts.join(" and ")));
    }
    counts.join(", ")
}

fn many(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn people(people: &BTreeSet<PersonName>, most: usize, none: &str) -> String {
    if people.is_empty() {
        return none.to_owned();
    }
    let count = if people.len() == 1 { "1 person".to_owned() } else { format!("{} people", people.len()) };
    format!("{count}: {}", list(people.iter().map(|p| p.to_string()), most, ""))
}

/// One gain with its chain: `eli, through atlas → legacy-readers → everyone`.
fn through(gain: &Gain) -> String {
    let groups: Vec<&str> = gain.through.iter().map(|group| group.as_str()).collect();
    if groups.is_empty() { gain.person.to_string() } else { format!("{}, through {}", gain.person, groups.join(" → ")) }
}

/// The first items, and how many there are more.
fn list(items: impl ExactSizeIterator<Item = String>, most: usize, none: &str) -> String {
    let total = items.len();
    if total == 0 {
        return none.to_owned();
    }
    let shown: Vec<String> = items.take(most).collect();
    match total - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Enough of a digest to compare by eye.
pub(super) fn short(digest: Digest) -> String {
    format!("sha256:{}…", &digest.hex()[..12])
}
