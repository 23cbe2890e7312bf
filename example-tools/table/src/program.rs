//! Expressions, as programs of a stack: flat, so that no depth of a query can use up ours.

use std::borrow::Cow;
use std::cell::Cell;

use crate::value::Value;

/// One step. Operands are popped, the right one first; the outcome is pushed.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The cell of a column.
    Column(usize),
    /// A number of the query.
    Number(f64),
    /// A text of the query.
    Text(String),
    /// One of the query's aggregates.
    Aggregate(usize),
    /// `x in (…)`, with so many texts and numbers.
    In(usize),
    /// Of one operand.
    One(One),
    /// Of two.
    Two(Two),
}

/// What takes one operand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum One {
    Lower,
    Upper,
    /// In characters.
    Length,
    Round,
    Negate,
    IsEmpty,
    Not,
}

/// What takes two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
    /// Whatever the case.
    Contains,
    And,
    Or,
}

/// An expression.
pub type Program = Vec<Op>;

/// What did not fit while expressions were worked out.
#[derive(Debug, Default)]
pub struct Odd {
    /// `<` or `>` between a number and a text.
    pub compared: Cell<u64>,
    /// Arithmetic on what is no number, or without an outcome.
    pub computed: Cell<u64>,
}

fn count(place: &Cell<u64>) {
    place.set(place.get() + 1);
}

/// Works a program out for a row. `aggregates` are those of its group.
pub fn work_out<'t>(program: &[Op], row: &[Value<'t>], aggregates: &[Value<'t>], odd: &Odd) -> Value<'t> {
    let mut stack: Vec<Value<'t>> = Vec::with_capacity(8);
    for op in program {
        let value = match op {
            Op::Column(column) => row.get(*column).cloned().unwrap_or(Value::Empty),
            Op::Number(number) => Value::Number(*number, None),
            Op::Text(text) => Value::Text(Cow::Owned(text.clone())),
            Op::Aggregate(aggregate) => aggregates.get(*aggregate).cloned().unwrap_or(Value::Empty),
            Op::In(count) => {
                let among = stack.split_off(stack.len().saturating_sub(*count));
                let value = pop(&mut stack);
                Value::Truth(among.iter().any(|other| same(&value, other)))
            }
            Op::One(one) => of_one(*one, &pop(&mut stack), odd),
            Op::Two(two) => {
                let right = pop(&mut stack);
                of_two(*two, &pop(&mut stack), &right, odd)
            }
        };
        stack.push(value);
    }
    pop(&mut stack)
}

/// The parser pairs every operator with its operands, so there is always one.
fn pop<'t>(stack: &mut Vec<Value<'t>>) -> Value<'t> {
    stack.pop().unwrap_or(Value::Empty)
}

fn of_one<'t>(one: One, value: &Value<'t>, odd: &Odd) -> Value<'t> {
    let text = |text: String| if text.is_empty() { Value::Empty } else { Value::Text(Cow::Owned(text)) };
    match one {
        One::Lower => text(value.shown().to_lowercase()),
        One::Upper => text(value.shown().to_uppercase()),
        One::Length => Value::Number(value.shown().chars().count() as f64, None),
        One::Round => number(value.number().map(f64::round), odd),
        One::Negate => number(value.number().map(|number| 0.0 - number), odd),
        One::IsEmpty => Value::Truth(matches!(value, Value::Empty)),
        One::Not => Value::Truth(!value.holds()),
    }
}

fn of_two<'t>(two: Two, left: &Value<'t>, right: &Value<'t>, odd: &Odd) -> Value<'t> {
    let compute = |by: fn(f64, f64) -> f64| {
        let numbers = left.number().zip(right.number());
        number(numbers.map(|(left, right)| by(left, right)), odd)
    };
    let truth = match two {
        Two::Add => return compute(|a, b| a + b),
        Two::Subtract => return compute(|a, b| a - b),
        Two::Multiply => return compute(|a, b| a * b),
        Two::Divide => return compute(|a, b| a / b),
        Two::Remainder => return compute(|a, b| a % b),
        Two::Equal => same(left, right),
        Two::Different => !same(left, right),
        Two::Less => ordered(left, right, odd) && left < right,
        Two::AtMost => ordered(left, right, odd) && left <= right,
        Two::Greater => ordered(left, right, odd) && left > right,
        Two::AtLeast => ordered(left, right, odd) && left >= right,
        Two::Contains => left.shown().to_lowercase().contains(&right.shown().to_lowercase()),
        Two::And => left.holds() && right.holds(),
        Two::Or => left.holds() || right.holds(),
    };
    Value::Truth(truth)
}

fn number<'t>(outcome: Option<f64>, odd: &Odd) -> Value<'t> {
    if let Some(number) = outcome.filter(|number| number.is_finite()) {
        return Value::Number(number + 0.0, None);
    }
    count(&odd.computed);
    Value::Empty
}

/// A number and a text are the same where the number was written so.
fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(..), Value::Text(_)) | (Value::Text(_), Value::Number(..)) => left.shown() == right.shown(),
        (Value::Empty, Value::Text(text)) | (Value::Text(text), Value::Empty) => text.is_empty(),
        (left, right) => left == right,
    }
}

/// Whether two values have an order: numbers among each other, and texts.
fn ordered(left: &Value<'_>, right: &Value<'_>, odd: &Odd) -> bool {
    let alike = matches!(
        (left, right),
        (Value::Number(..), Value::Number(..)) | (Value::Text(_), Value::Text(_)) | (Value::Truth(_), Value::Truth(_))
    );
    // What is empty is simply not there; a text in a column of numbers is worth a note.
    if !alike && !matches!(left, Value::Empty) && !matches!(right, Value::Empty) {
        count(&odd.compared);
    }
    alike
}
