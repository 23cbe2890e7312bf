//! Aggregates: what is counted over the rows of a group.

use crate::program::Program;
use crate::value::Value;

/// How an aggregate makes one value of many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fold {
    /// How many rows, or how many where the argument is not empty.
    Count,
    /// Of the numbers.
    Sum,
    /// The mean of the numbers.
    Avg,
    /// The least: of the numbers, or of the texts where there are no numbers.
    Min,
    /// The greatest, of the same.
    Max,
}

impl Fold {
    /// The aggregate of this name.
    pub fn named(name: &str) -> Option<Self> {
        let folds = [("count", Self::Count), ("sum", Self::Sum), ("avg", Self::Avg), ("min", Self::Min), ("max", Self::Max)];
        folds.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, fold)| fold)
    }
}

/// One aggregate of a query; `count(*)` has no argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub fold: Fold,
    pub argument: Option<Program>,
}

/// One aggregate over the rows of one group, so far.
#[derive(Debug, Default)]
pub struct Tally<'t> {
    count: u64,
    numbers: u64,
    sum: f64,
    /// The least or the greatest.
    best: Option<Value<'t>>,
}

impl<'t> Tally<'t> {
    /// Counts a row.
    pub fn add(&mut self, fold: Fold, value: Value<'t>) {
        if matches!(value, Value::Empty) {
            return;
        }
        self.count += 1;
        if let Some(number) = value.number() {
            self.numbers += 1;
            self.sum += number;
        }
        let better = |best: &Value<'_>| match (fold, best.number().is_some(), value.number().is_some()) {
            (Fold::Min, _, _) => value < *best,
            (Fold::Max, true, true) | (Fold::Max, false, false) => value > *best,
            // Texts do not take part once there is a number.
            (Fold::Max, best, _) => !best,
            (Fold::Count | Fold::Sum | Fold::Avg, _, _) => false,
        };
        let wanted = matches!(fold, Fold::Min | Fold::Max);
        if wanted && self.best.as_ref().is_none_or(better) {
            self.best = Some(value);
        }
    }

    /// Counts a row of `count(*)`.
    pub fn add_row(&mut self) {
        self.count += 1;
    }

    /// What it comes to.
    pub fn outcome(&self, fold: Fold) -> Value<'t> {
        match fold {
            Fold::Count => Value::Number(self.count as f64, None),
            Fold::Sum | Fold::Avg if self.numbers == 0 => Value::Empty,
            // Sums that no double holds have no value to show.
            Fold::Sum | Fold::Avg if !self.sum.is_finite() => Value::Empty,
            Fold::Sum => Value::Number(self.sum, None),
            Fold::Avg => Value::Number(self.sum / self.numbers as f64, None),
            Fold::Min | Fold::Max => self.best.clone().unwrap_or(Value::Empty),
        }
    }

    /// How many values a sum or mean passed over, since they are no numbers.
    pub fn passed_over(&self, fold: Fold) -> u64 {
        match fold {
            Fold::Sum | Fold::Avg => self.count - self.numbers,
            Fold::Count | Fold::Min | Fold::Max => 0,
        }
    }
}
