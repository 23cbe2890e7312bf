//! Works a query out over a table.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::group::Tally;
use crate::mistake;
use crate::parse::{Order, Query};
use crate::program::{Odd, Program, work_out};
use crate::read::Table;
use crate::table::{Mistake, Part};
use crate::value::Value;

/// Rows of an outcome, where the query has no smaller limit.
const ROWS: usize = 1_000;

/// Bytes of an outcome's cells, and what a cell counts beside its text.
const BYTES: usize = 256 << 10;
const CELL: usize = 16;

/// What a query may cost: its steps, times the table's bytes and a few for each row. It keeps well within the fuel of
/// `table.toml`, so that what is too much is told and no fault.
const WORK: usize = 64 << 20;
const ROW: usize = 8;

/// Values that are held for groups and orders.
const HELD: usize = 300_000;

/// What a query gave.
#[derive(Debug)]
pub struct Outcome<'t> {
    pub rows: Vec<Vec<Value<'t>>>,
    /// Rows of the table for which the condition holds.
    pub matched: usize,
    /// Rows of the outcome that were not shown, since they are too many or too long.
    pub left_out: usize,
    pub notes: Vec<String>,
}

/// A row of the outcome before it is shown: a row of the table, or a group with its first one.
struct Candidate<'t> {
    row: Option<usize>,
    aggregates: Vec<Value<'t>>,
}

/// One group, so far.
struct Group<'t> {
    first: Option<usize>,
    tallies: Vec<Tally<'t>>,
}

/// Works `query` out over `table`, which was read from `text`.
pub fn run<'t>(query: &Query, table: &Table<'t>, text: &str) -> Result<Outcome<'t>, Mistake> {
    let work = Work { query, table, odd: Odd::default() };
    if (text.len() + ROW * table.rows()).saturating_mul(query.weight()) > WORK {
        let message = format!("the table is too long for a query of {} steps a row", query.weight());
        return Err(mistake::at(Part::Table, text, 0, message).help("ask less at once, or about a part of the table"));
    }
    let rows: Vec<usize> = (0..table.rows()).filter(|row| work.passes(*row)).collect();
    let matched = rows.len();
    let mut notes = table.notes.clone();
    let mut candidates = if query.is_grouped() {
        work.groups(&rows, &mut notes).map_err(|message| mistake::at(Part::Table, text, 0, message))?
    } else {
        rows.into_iter().map(|row| Candidate { row: Some(row), aggregates: Vec::new() }).collect()
    };
    if let Some((having, _)) = &query.having {
        candidates.retain(|candidate| work.of(having, candidate).holds());
    }
    if candidates.len().saturating_mul(query.order.len()) > HELD {
        let message = format!("{} rows are too many to be put into this order", candidates.len());
        return Err(mistake::at(Part::Table, text, 0, message).help("narrow them by `where`, or order by less"));
    }
    let (rows, left_out) = work.shown(&work.ordered(candidates));
    notes.extend(told(&work.odd));
    Ok(Outcome { rows, matched, left_out, notes })
}

fn told(odd: &Odd) -> Vec<String> {
    let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let mut notes = Vec::new();
    if odd.compared.get() > 0 {
        notes.push(format!(
            "a number and a text were compared {}; such a condition does not hold",
            times(odd.compared.get())
        ));
    }
    if odd.computed.get() > 0 {
        let what = "something was computed that has no outcome (a text, an empty cell, a division by zero)";
        notes.push(format!("{what} {}; it counts as empty", times(odd.computed.get())));
    }
    notes
}

struct Work<'q, 't> {
    query: &'q Query,
    table: &'q Table<'t>,
    odd: Odd,
}

impl<'t> Work<'_, 't> {
    fn passes(&self, row: usize) -> bool {
        self.query.filter.as_ref().is_none_or(|filter| work_out(filter, self.table.row(row), &[], &self.odd).holds())
    }

    fn of(&self, program: &Program, candidate: &Candidate<'t>) -> Value<'t> {
        let row = candidate.row.map_or(&[][..], |row| self.table.row(row));
        work_out(program, row, &candidate.aggregates, &self.odd)
    }

    fn groups(&self, rows: &[usize], notes: &mut Vec<String>) -> Result<Vec<Candidate<'t>>, String> {
        let query = self.query;
        let mut places: BTreeMap<Vec<Value<'t>>, usize> = BTreeMap::new();
        let mut groups: Vec<Group<'t>> = Vec::new();
        let fresh = |first| Group { first, tallies: query.aggregates.iter().map(|_| Tally::default()).collect() };
        if query.group.is_empty() {
            // Aggregates of the whole table exist where it has no rows, too.
            groups.push(fresh(None));
            places.insert(Vec::new(), 0);
        }
        for &row in rows {
            let cells = self.table.row(row);
            let key = query.group.iter().map(|program| work_out(program, cells, &[], &self.odd)).collect();
            let place = *places.entry(key).or_insert(groups.len());
            if place == groups.len() {
                if groups.len() * (query.group.len() + 2 * query.aggregates.len()) > HELD {
                    return Err(format!("there are more than {} groups, too many for this query", groups.len()));
                }
                groups.push(fresh(Some(row)));
            }
            self.tally(&mut groups[place], row);
        }
        let over = |group: &Group<'t>| -> u64 {
            query.aggregates.iter().zip(&group.tallies).map(|(own, tally)| tally.passed_over(own.fold)).sum()
        };
        let passed_over: u64 = groups.iter().map(over).sum();
        if passed_over > 0 {
            notes.push(format!("sums and means passed over {passed_over} values that are no numbers"));
        }
        let outcomes = |group: Group<'t>| Candidate {
            row: group.first,
            aggregates: query.aggregates.iter().zip(&group.tallies).map(|(own, tally)| tally.outcome(own.fold)).collect(),
        };
        Ok(groups.into_iter().map(outcomes).collect())
    }

    fn tally(&self, group: &mut Group<'t>, row: usize) {
        for (aggregate, tally) in self.query.aggregates.iter().zip(&mut group.tallies) {
            match &aggregate.argument {
                Some(argument) => tally.add(aggregate.fold, work_out(argument, self.table.row(row), &[], &self.odd)),
                None => tally.add_row(),
            }
        }
    }

    /// In the query's order, and where that has none in the table's.
    fn ordered(&self, candidates: Vec<Candidate<'t>>) -> Vec<Candidate<'t>> {
        let keys = |candidate: &Candidate<'t>| -> Vec<Value<'t>> {
            self.query.order.iter().map(|order| self.of(&order.program, candidate)).collect()
        };
        let mut keyed: Vec<_> = candidates.into_iter().map(|candidate| (keys(&candidate), candidate)).collect();
        keyed.sort_by(|(left, _), (right, _)| compare(&self.query.order, left, right));
        keyed.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// The rows that are returned, and how many there are beyond them.
    fn shown(&self, candidates: &[Candidate<'t>]) -> (Vec<Vec<Value<'t>>>, usize) {
        let rest = candidates.get(self.query.offset..).unwrap_or_default();
        let wanted = &rest[..rest.len().min(self.query.limit.unwrap_or(usize::MAX))];
        let mut rows = Vec::new();
        let mut bytes = 0;
        for candidate in wanted.iter().take(ROWS) {
            let row: Vec<_> = self.query.select.iter().map(|item| self.of(&item.program, candidate)).collect();
            bytes += row.iter().map(|value| value.shown().len() + CELL).sum::<usize>();
            if bytes > BYTES {
                break;
            }
            rows.push(row);
        }
        let left_out = wanted.len() - rows.len();
        (rows, left_out)
    }
}

/// What is empty comes last, whichever way round the order is.
fn compare(order: &[Order], left: &[Value<'_>], right: &[Value<'_>]) -> Ordering {
    let pairs = order.iter().zip(left.iter().zip(right));
    let each = pairs.map(|(order, (left, right))| match (left, right) {
        (Value::Empty, _) | (_, Value::Empty) => left.cmp(right),
        (left, right) if order.descending => right.cmp(left),
        (left, right) => left.cmp(right),
    });
    each.fold(Ordering::Equal, Ordering::then)
}
