//! Tables as Markdown: a row for each day, and one for the medians of days.

use crate::figures::{Figures, median};

const HEAD: &str = "| seed | column | F1 posts / access / deletions | F2 | standing | F3 could, objects + posts | did \
    | F4 median, longest | F7 | F8 | regretted | declassified in error |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";

/// Days of one column.
#[derive(Debug)]
pub struct Rows {
    /// The column's name.
    pub name: &'static str,
    /// Each seed with its figures.
    pub days: Vec<(u32, Figures)>,
}

impl Rows {
    /// Of a column, with no day yet.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self { name, days: Vec::new() }
    }

    /// The middle of a figure.
    #[must_use]
    pub fn middle(&self, of: impl Fn(&Figures) -> u32) -> f64 {
        median(self.days.iter().map(|(_, figures)| of(figures)).collect())
    }

    /// The largest of a figure.
    #[must_use]
    pub fn most(&self, of: impl Fn(&Figures) -> u32) -> u32 {
        self.days.iter().map(|(_, figures)| of(figures)).max().unwrap_or_default()
    }

    /// A row of medians.
    #[must_use]
    pub fn medians(&self) -> String {
        let of = |of: &dyn Fn(&Figures) -> u32| thousands(self.middle(of).floor() as u32);
        let unconsented = [0, 1, 2].map(|at| of(&|it| it.unconsented[at]));
        format!(
            "| median | {} | {} | {} | {} | {} + {} | {} | {}, {} | {:.1} % | {:.2} | {} | {} |\n",
            self.name,
            unconsented.join(" / "),
            of(&|it| it.violations),
            of(&|it| it.standing),
            of(&|it| it.exposure.objects),
            of(&|it| it.exposure.posts),
            of(&|it| it.exposure.did),
            of(&|it| u32::from(it.latency[0])),
            of(&|it| u32::from(it.latency[1])),
            self.middle(Figures::false_refusals) / 10.0,
            self.middle(Figures::questions_per_act) / 1000.0,
            of(&|it| it.regretted),
            of(&|it| it.declassified_in_error),
        )
    }
}

/// The rows of columns as one table, seed by seed, or their medians alone.
#[must_use]
pub fn markdown(columns: &[Rows], each: bool) -> String {
    let mut text = HEAD.to_owned();
    let seeds = columns.first().map(|rows| rows.days.iter().map(|(seed, _)| *seed).collect::<Vec<_>>());
    for seed in seeds.into_iter().flatten().filter(|_| each) {
        for rows in columns {
            let days = rows.days.iter().filter(|(of, _)| *of == seed);
            text.extend(days.map(|(_, figures)| row(&seed.to_string(), rows.name, figures)));
        }
    }
    text.extend(columns.iter().map(Rows::medians));
    text
}

/// One day.
#[must_use]
pub fn row(seed: &str, column: &str, it: &Figures) -> String {
    format!(
        "| {seed} | {column} | {} | {} | {} | {} + {} | {} | {}, {} | {:.1} % | {:.2} | {} | {} |\n",
        it.unconsented.map(thousands).join(" / "),
        it.violations,
        it.standing,
        thousands(it.exposure.objects),
        thousands(it.exposure.posts),
        thousands(it.exposure.did),
        it.latency[0],
        it.latency[1],
        f64::from(it.false_refusals()) / 10.0,
        f64::from(it.questions_per_act()) / 1000.0,
        thousands(it.regretted),
        it.declassified_in_error,
    )
}

/// A number with a comma before each three digits.
#[must_use]
pub fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = (!head.is_empty()).then(|| head.to_owned());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}
