//! The tool `triage`: a log file beside the forum's thread that speaks of it, as a structured report. It changes nothing.

mod analysis;
mod log;
mod mention;
mod moment;
mod package;
mod pattern;
mod place;
mod thread;
mod told;
mod window;
mod words;

#[tollgate_sdk::tool(
    "files.read" = { paths = ["**"], calls = 10_000, bytes = "1 GiB" },
    "forum.read" = { forums = ["*"], calls = 20, bytes = "4 MiB" },
)]
/// Reads a log file beside the thread in which people speak of it, and reports what stands out. Changes nothing.
pub mod triage {
    use tollgate_sdk::Refusal;

    use crate::analysis::Analysis;
    use crate::{log, thread, told};

    /// What weighs on a line.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Level {
        /// Nothing.
        Plain,
        /// A word such as `warning`.
        Warning,
        /// A word such as `error`, `failed` or `fatal`.
        Error,
    }

    /// What a thread may name.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Kind {
        /// A package, a host, a version: a word with digits, or one in backticks.
        Name,
        /// An error's code: `ENOSPC`, `0x80070005`, `ORA-00942`.
        Code,
        /// A path.
        Path,
        /// Words that the thread quotes, as they stand there.
        Quoted,
        /// Any other word; told only where the log has it, and not everywhere.
        Word,
    }

    /// How often something was counted.
    #[derive(Debug, Clone)]
    pub struct Counted {
        /// What.
        pub what: String,
        /// How often.
        pub count: u64,
    }

    /// One line of the log.
    #[derive(Debug, Clone)]
    pub struct Line {
        /// From 1.
        pub number: u64,
        /// Shortened where it is long.
        pub text: String,
    }

    /// The log as a whole.
    #[derive(Debug, Clone)]
    pub struct LogFacts {
        /// Its path.
        pub path: String,
        /// Bytes that were read.
        pub bytes: u64,
        /// Lines that were read.
        pub lines: u64,
        /// How lines say when they were written, and how many say it so.
        pub times: Vec<Counted>,
        /// Lines without a time of their own; they count as of the time above them.
        pub without_time: u64,
        /// The first time, as it was written.
        pub first_time: String,
        /// The last.
        pub last_time: String,
        /// Lines with a word such as `error`.
        pub errors: u64,
        /// Lines with a word such as `warning`, and none such as `error`.
        pub warnings: u64,
        /// Patterns that were told apart.
        pub patterns: u32,
    }

    /// The thread as a whole.
    #[derive(Debug, Clone)]
    pub struct ThreadFacts {
        /// Its title.
        pub title: String,
        /// Posts that were read.
        pub posts: u32,
    }

    /// Something that the thread names.
    #[derive(Debug, Clone)]
    pub struct Mention {
        /// What; in lower case unless it is quoted.
        pub what: String,
        /// Of what kind.
        pub kind: Kind,
        /// The post that names it first.
        pub post: u64,
        /// Lines of the log that have it.
        pub count: u64,
        /// The time of the first of them.
        pub first_seen: String,
        /// The time of the last.
        pub last_seen: String,
        /// The first of them.
        pub lines: Vec<Line>,
    }

    /// A time that the thread names, and what the log has there.
    #[derive(Debug, Clone)]
    pub struct Around {
        /// As it stands in the thread. A date means its day, anything else ten minutes before and after.
        pub time: String,
        /// The post that names it.
        pub post: u64,
        /// Lines of the log.
        pub lines: u64,
        /// Those with errors.
        pub errors: u64,
        /// What the thread names and these lines have.
        pub words: Vec<String>,
    }

    /// Lines that differ only in numbers, paths, quoted texts and names.
    #[derive(Debug, Clone)]
    pub struct Seen {
        /// What they share: `status installed <package> <n>`.
        pub pattern: String,
        /// The heaviest of them.
        pub level: Level,
        /// How many there are.
        pub count: u64,
        /// The first.
        pub first_line: u64,
        /// The last.
        pub last_line: u64,
        /// The time of the first.
        pub first_seen: String,
        /// The time of the last.
        pub last_seen: String,
        /// The first, shortened where it is long.
        pub example: String,
    }

    /// A stretch of time with far more lines than usual.
    #[derive(Debug, Clone)]
    pub struct Burst {
        /// Its first second.
        pub from: String,
        /// Its last.
        pub to: String,
        /// Lines.
        pub lines: u64,
        /// Those with errors.
        pub errors: u64,
        /// Lines of the stretch in the middle, of those that have any.
        pub usual: u64,
        /// What the thread names and these lines have.
        pub words: Vec<String>,
    }

    /// A package that dpkg left half done.
    #[derive(Debug, Clone)]
    pub struct Unsettled {
        /// Which.
        pub package: String,
        /// Its last state.
        pub state: String,
        /// The line that says so.
        pub line: u64,
        /// The time of that line.
        pub since: String,
    }

    /// What the host did not hand out.
    #[derive(Debug, Clone)]
    pub struct Unread {
        /// Which, and from where on.
        pub what: String,
        /// What the host said.
        pub reason: Refusal,
    }

    /// What stands out.
    #[derive(Debug, Clone)]
    pub struct Report {
        /// The most of it in words, at most 8,000 bytes.
        pub text: String,
        /// The log.
        pub log: LogFacts,
        /// The thread.
        pub thread: ThreadFacts,
        /// What the thread names, and where the log has it.
        pub mentions: Vec<Mention>,
        /// Times that the thread names.
        pub around: Vec<Around>,
        /// Stretches of time with far more lines than usual.
        pub bursts: Vec<Burst>,
        /// Patterns with errors and warnings.
        pub troubles: Vec<Seen>,
        /// The most frequent patterns.
        pub frequent: Vec<Seen>,
        /// Patterns that are nearly alone.
        pub rare: Vec<Seen>,
        /// Packages that dpkg left half done.
        pub unsettled: Vec<Unsettled>,
        /// What could not be read; the report was made without it.
        pub unread: Vec<Unread>,
        /// What was odd: lines that are no text, or too long.
        pub notes: Vec<String>,
    }

    /// Reports on `log` beside `thread` of `forum`.
    ///
    /// Fails with the host's refusal where nothing of the log was read; a thread that was not read is said in `unread`.
    pub fn triage(
        /// The path of the log, for example `logs/dpkg.log`.
        log: &str,
        /// The forum.
        forum: &str,
        /// The thread.
        thread: u64,
    ) -> Result<Report, Refusal> {
        let heard = thread::read(forum, thread);
        let mut analysis = Analysis::beside(&heard);
        let read = log::read(log, |number, line| analysis.line(number, line));
        if let Some(refusal) = read.refused.clone().filter(|_| read.bytes == 0) {
            return Err(refusal);
        }
        let told = analysis.mentions.told(read.lines);
        let name = |place: usize| told.contains(&place).then(|| analysis.mentions.name(place));
        let mut report = Report {
            text: String::new(),
            log: analysis.facts(log, read.bytes, read.lines),
            thread: analysis.thread_facts(),
            mentions: told.iter().map(|place| analysis.mentions.mention(*place)).collect(),
            around: analysis.window.around(&heard.times, &name),
            bursts: analysis.window.bursts(&name),
            troubles: analysis.troubles(),
            frequent: analysis.frequent(),
            rare: analysis.rare(read.lines),
            unsettled: analysis.packages.unsettled(),
            unread: unread(&read, &heard, forum, thread),
            notes: notes(&read, &heard, analysis.patterns.beyond),
        };
        report.text = told::text(&report);
        Ok(report)
    }

    fn unread(read: &log::Read, heard: &thread::Thread, forum: &str, id: u64) -> Vec<Unread> {
        let log = read.refused.clone().map(|reason| Unread { what: format!("the log after {} bytes", read.bytes), reason });
        let from = if heard.posts == 0 { String::new() } else { format!(" after {} posts", heard.posts) };
        let what = format!("thread {id} of {forum}{from}");
        log.into_iter().chain(heard.refused.clone().map(|reason| Unread { what, reason })).collect()
    }

    fn notes(read: &log::Read, heard: &thread::Thread, beyond: u64) -> Vec<String> {
        let counted = [
            (read.garbled, "lines hold bytes that are no UTF-8"),
            (read.cut, "lines are longer than 64 KiB, and only their beginning was looked at"),
            (beyond, "lines fit none of the patterns that there was room for, and stand under none"),
        ];
        let mut notes: Vec<String> =
            counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if heard.more {
            notes.push(format!("the thread is longer than the {} posts that were read", heard.posts));
        }
        notes
    }
}
