//! Whether what a grouped query asks of its columns has one answer in each group.

use std::ops::Range;

use super::{Parser, Query};
use crate::mistake;
use crate::program::{Op, Program};
use crate::table::{Mistake, Part};

impl Parser<'_> {
    /// Sees to it that a grouped query asks for nothing that differs within a group.
    pub(super) fn judge(&self, mut query: Query) -> Result<Query, Mistake> {
        if !query.is_grouped() {
            return match &query.having {
                Some((_, span)) => {
                    Err(self.ungrouped(span, "`having` needs `group by`", "conditions on rows stand in `where`"))
                }
                None => Ok(query),
            };
        }
        let help = "put it into `group by`, or take count, sum, avg, min or max of it";
        if let Some(item) = query.select.iter().find(|item| !is_of_groups(&query, &item.program)) {
            let message = format!("`{}` may differ within a group", item.name);
            return Err(self.ungrouped(&item.span, &message, help));
        }
        if let Some((_, span)) = query.having.as_ref().filter(|(program, _)| !is_of_groups(&query, program)) {
            return Err(self.ungrouped(span, "this condition may differ within a group", help));
        }
        for place in 0..query.order.len() {
            let order = &query.order[place];
            if !is_of_groups(&query, &order.program) {
                query.order[place].program = match over(&query, &order.program).as_slice() {
                    [only] => vec![Op::Aggregate(*only)],
                    [] => return Err(self.ungrouped(&order.span, "this order may differ within a group", help)),
                    _ => {
                        let message = "several aggregates are taken of this";
                        return Err(self.ungrouped(&order.span, message, "order by one of them, for example `avg(size)`"));
                    }
                };
            }
        }
        Ok(query)
    }

    fn ungrouped(&self, span: &Range<usize>, message: &str, help: &str) -> Mistake {
        mistake::at(Part::Query, self.text, span.start, message).help(help)
    }
}

/// Whether `program` has one value in each group of `query`.
fn is_of_groups(query: &Query, program: &[Op]) -> bool {
    query.group.iter().any(|group| group == program) || program.iter().all(|op| is_single(query, op))
}

fn is_single(query: &Query, op: &Op) -> bool {
    match op {
        Op::Column(_) => query.group.iter().any(|group| group.as_slice() == std::slice::from_ref(op)),
        Op::Number(_) | Op::Text(_) | Op::Aggregate(_) | Op::In(_) | Op::One(_) | Op::Two(_) => true,
    }
}

/// The aggregates that the query shows of this very expression: `order by size` means the one `avg(size)`.
fn over(query: &Query, program: &Program) -> Vec<usize> {
    let argument = |place: &usize| query.aggregates.get(*place).and_then(|aggregate| aggregate.argument.as_ref());
    (0..query.aggregates.len()).filter(|place| argument(place) == Some(program)).collect()
}
