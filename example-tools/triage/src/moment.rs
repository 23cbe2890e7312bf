//! Times as logs write them: RFC 3339, `2026-11-24 18:00:01`, `Nov 24 18:00:01`, after a label or a program's name.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Labels before the times of apt's logs.
const LABELS: [&str; 4] = ["Start-Date: ", "End-Date: ", "Log started: ", "Log ended: "];

const DAY: i64 = 86_400;

/// How a line says when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `2026-11-24T18:00:01Z`
    Rfc3339,
    /// `2026-11-24 18:00:01`, as in dpkg.log
    Plain,
    /// `Nov 24 18:00:01`, as in syslog
    Syslog,
    /// `Start-Date: 2026-11-24  18:00:01`, as in apt's history.log
    Labelled,
    /// `update-alternatives 2026-11-24 18:00:01:`
    Named,
}

impl Form {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc3339 => "RFC 3339",
            Self::Plain => "date and time",
            Self::Syslog => "syslog",
            Self::Labelled => "apt history",
            Self::Named => "program, date and time",
        }
    }
}

/// When a line was written, as far as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub form: Form,
    /// Since 1970. Times without a zone are taken as UTC, times without a year as of the year 0 and those after it.
    pub seconds: i64,
    /// Where in the line the time stands.
    pub start: usize,
    pub end: usize,
    /// Where the message begins.
    pub rest: usize,
}

/// Reads the times of one log after the other; knows when a log without years has passed into a new one.
#[derive(Debug, Default)]
pub struct Calendar {
    year: i64,
    month: i64,
}

impl Calendar {
    /// The time at the beginning of `line`.
    pub fn read(&mut self, line: &str) -> Option<Stamp> {
        if let Some(label) = LABELS.iter().find(|label| line.starts_with(**label)) {
            let (seconds, length, _) = date_time(&line[label.len()..])?;
            // The label is the message.
            let (start, end) = (label.len(), label.len() + length);
            return Some(Stamp { form: Form::Labelled, seconds, start, end, rest: 0 });
        }
        let opened = usize::from(line.starts_with('['));
        if let Some((seconds, length, form)) = date_time(&line[opened..]) {
            let end = opened + length;
            return Some(Stamp { form, seconds, start: opened, end, rest: after(line, end) });
        }
        self.syslog(line).or_else(|| named(line))
    }

    fn syslog(&mut self, line: &str) -> Option<Stamp> {
        let month = MONTHS.iter().position(|month| line.starts_with(month))? as i64 + 1;
        let rest = line[3..].strip_prefix(' ')?.trim_start_matches(' ');
        let (day, rest) = whole(rest, 1, 2)?;
        let rest = rest.strip_prefix(' ')?;
        let (time, rest) = clock(rest)?;
        if month < self.month && self.month - month > 6 {
            self.year += 1;
        }
        self.month = month;
        let end = line.len() - rest.len();
        let seconds = (days(self.year, month, day) * DAY).checked_add(time)?;
        Some(Stamp { form: Form::Syslog, seconds, start: 0, end, rest: after(line, end) })
    }
}

fn named(line: &str) -> Option<Stamp> {
    let (name, rest) = line.split_once(' ')?;
    if name.len() > 40 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.[]/".contains(&byte)) {
        return None;
    }
    let (seconds, length, _) = date_time(rest)?;
    let start = name.len() + 1;
    Some(Stamp { form: Form::Named, seconds, start, end: start + length, rest: after(line, start + length) })
}

/// Past what stands between a time and its message.
fn after(line: &str, end: usize) -> usize {
    line.len() - line[end..].trim_start_matches([' ', ']', ':', '\t']).len()
}

/// A date and a time at the beginning of `text`: seconds, length, and whether it has the `T` of RFC 3339.
pub fn date_time(text: &str) -> Option<(i64, usize, Form)> {
    let (day, rest) = date(text)?;
    let form = if rest.starts_with(['T', 't']) { Form::Rfc3339 } else { Form::Plain };
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start_matches(' ');
    let (time, rest) = clock(rest)?;
    let (offset, rest) = zone(fraction(rest));
    Some((day * DAY + time - offset, text.len() - rest.len(), form))
}

/// `2026-11-24`, as days since 1970.
pub fn date(text: &str) -> Option<(i64, &str)> {
    let (year, rest) = whole(text, 4, 4)?;
    let (month, rest) = whole(rest.strip_prefix('-')?, 2, 2)?;
    let (day, rest) = whole(rest.strip_prefix('-')?, 2, 2)?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| (days(year, month, day), rest))
}

/// `18:00` or `18:00:01`, as seconds of the day.
pub fn clock(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = whole(text, 2, 2)?;
    let (minute, rest) = whole(rest.strip_prefix(':')?, 2, 2)?;
    let seconds = rest.strip_prefix(':').and_then(|rest| whole(rest, 2, 2));
    let (second, rest) = seconds.unwrap_or((0, rest));
    (hour < 24 && minute < 60 && second < 61).then_some((hour * 3600 + minute * 60 + second, rest))
}

fn fraction(text: &str) -> &str {
    match text.strip_prefix(['.', ',']) {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            digits.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        _ => text,
    }
}

/// `Z` or `+01:00`, as seconds ahead of UTC.
fn zone(text: &str) -> (i64, &str) {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return (0, rest);
    }
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return (0, text),
    };
    let offset = whole(&text[1..], 2, 2).and_then(|(hours, rest)| {
        let (minutes, rest) = whole(rest.strip_prefix(':').unwrap_or(rest), 2, 2)?;
        Some((sign * (hours * 3600 + minutes * 60), rest))
    });
    offset.unwrap_or((0, text))
}

/// A whole number of so many digits.
fn whole(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits).filter(|_| digits >= least)?;
    Some((number.parse().ok()?, rest))
}

/// Days from 1970 to a day of the Gregorian calendar (Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2026-11-24 18:00:01`, without its year where the log has none.
pub fn shown(seconds: i64) -> String {
    let (day, time) = (seconds.div_euclid(DAY) + 719_468, seconds.rem_euclid(DAY));
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (month, day) = (if shifted < 10 { shifted + 3 } else { shifted - 9 }, of_year - (153 * shifted + 2) / 5 + 1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let clock = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    if year < 1900 { format!("{month:02}-{day:02} {clock}") } else { format!("{year:04}-{month:02}-{day:02} {clock}") }
}
