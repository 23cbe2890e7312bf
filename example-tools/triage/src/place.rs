//! Where in a log something stands: its line, and when that was written.

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct Place<'l> {
    /// From 1.
    pub number: u64,
    /// Since 1970; none before the first time in the log.
    pub seconds: Option<i64>,
    /// The time as it was written; empty where there is none.
    pub time: &'l str,
}

/// From the first line to the last of what was counted.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub count: u64,
    pub first: u64,
    pub last: u64,
    pub first_time: String,
    pub last_time: String,
}

impl Span {
    /// Of one line.
    pub fn at(place: &Place<'_>) -> Self {
        let mut span = Self::default();
        span.add(place);
        span
    }

    /// Counts a line, which stands after those before.
    pub fn add(&mut self, place: &Place<'_>) {
        if self.count == 0 {
            self.first = place.number;
            place.time.clone_into(&mut self.first_time);
        }
        self.count += 1;
        self.last = place.number;
        place.time.clone_into(&mut self.last_time);
    }
}
