//! Expressions: `or`, `and`, `not`, comparisons, sums, products, signs, from loose to tight.

use super::{Folding, Parser};
use crate::group::{Aggregate, Fold};
use crate::mistake::nearest;
use crate::program::{One, Op, Program, Two};
use crate::table::Mistake;
use crate::token::{Kind, Token};

/// Parentheses and signs within each other.
const DEEPEST: usize = 32;

/// The most different aggregates.
const AGGREGATES: usize = 16;

/// Columns that a mistake names.
const NAMED: usize = 12;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Program, Mistake> {
        let mut program = self.all_of()?;
        while self.take_if("or") {
            program.extend(self.all_of()?);
            program.push(Op::Two(Two::Or));
        }
        Ok(program)
    }

    fn all_of(&mut self) -> Result<Program, Mistake> {
        let mut program = self.negated()?;
        while self.take_if("and") {
            program.extend(self.negated()?);
            program.push(Op::Two(Two::And));
        }
        Ok(program)
    }

    fn negated(&mut self) -> Result<Program, Mistake> {
        let mut count = 0;
        while self.take_if("not") {
            count += 1;
        }
        let mut program = self.comparison()?;
        program.extend(std::iter::repeat_n(Op::One(One::Not), count));
        Ok(program)
    }

    fn comparison(&mut self) -> Result<Program, Mistake> {
        let mut program = self.sum()?;
        if self.take_if("is") {
            let not = self.take_if("not");
            if !self.take_if("null") {
                self.need("empty")?;
            }
            program.push(Op::One(One::IsEmpty));
            program.extend(not.then_some(Op::One(One::Not)));
            return Ok(program);
        }
        let not = self.peek().is("not") && self.tokens.get(self.next + 1).is_some_and(|next| next.is("in"));
        self.next += usize::from(not);
        if self.take_if("in") {
            self.need_mark("(")?;
            let among = self.among(&mut program)?;
            program.push(Op::In(among));
            program.extend(not.then_some(Op::One(One::Not)));
            return Ok(program);
        }
        let (two, not) = match self.peek().mark() {
            Some("=") => (Two::Equal, false),
            Some("!=" | "<>") => (Two::Different, false),
            Some("<") => (Two::Less, false),
            Some("<=") => (Two::AtMost, false),
            Some(">") => (Two::Greater, false),
            Some(">=") => (Two::AtLeast, false),
            Some("~") => (Two::Contains, false),
            Some("!~") => (Two::Contains, true),
            _ => return Ok(program),
        };
        self.next += 1;
        program.extend(self.sum()?);
        program.push(Op::Two(two));
        program.extend(not.then_some(Op::One(One::Not)));
        Ok(program)
    }

    /// What stands in the parentheses of `in`; how many there are.
    fn among(&mut self, program: &mut Program) -> Result<usize, Mistake> {
        let mut count = 0;
        loop {
            program.extend(self.sum()?);
            count += 1;
            if !self.take_mark(",") {
                self.need_mark(")")?;
                return Ok(count);
            }
        }
    }

    fn sum(&mut self) -> Result<Program, Mistake> {
        let mut program = self.product()?;
        loop {
            let two = match self.peek().mark() {
                Some("+") => Two::Add,
                Some("-") => Two::Subtract,
                _ => return Ok(program),
            };
            self.next += 1;
            program.extend(self.product()?);
            program.push(Op::Two(two));
        }
    }

    fn product(&mut self) -> Result<Program, Mistake> {
        let mut program = self.operand()?;
        loop {
            let two = match self.peek().mark() {
                Some("*") => Two::Multiply,
                Some("/") => Two::Divide,
                Some("%") => Two::Remainder,
                _ => return Ok(program),
            };
            self.next += 1;
            program.extend(self.operand()?);
            program.push(Op::Two(two));
        }
    }

    fn operand(&mut self) -> Result<Program, Mistake> {
        let token = self.take();
        let opens = self.peek().is_mark("(");
        match &token.kind {
            Kind::Number(number) => Ok(vec![Op::Number(*number)]),
            Kind::Text(text) => Ok(vec![Op::Text(text.clone())]),
            Kind::Column(name) => self.column(name, &token),
            Kind::Word(name) if opens => self.call(name, &token),
            Kind::Word(name) => self.column(name, &token),
            Kind::Mark("(") => {
                let program = self.deeper(&token, Self::expression)?;
                self.need_mark(")")?;
                Ok(program)
            }
            Kind::Mark("-") => {
                let mut program = self.deeper(&token, Self::operand)?;
                program.push(Op::One(One::Negate));
                Ok(program)
            }
            Kind::Mark(_) | Kind::End => {
                self.next -= 1;
                Err(self.expected("a column, a number or a text"))
            }
        }
    }

    fn deeper(&mut self, token: &Token, inner: impl Fn(&mut Self) -> Result<Program, Mistake>) -> Result<Program, Mistake> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(token, format!("more than {DEEPEST} parentheses and signs stand within each other")));
        }
        let program = inner(self)?;
        self.depth -= 1;
        Ok(program)
    }

    /// A function or an aggregate; its opening parenthesis is next.
    fn call(&mut self, name: &str, token: &Token) -> Result<Program, Mistake> {
        if let Some(fold) = Fold::named(name) {
            return self.aggregate(fold, token);
        }
        let functions = [("lower", One::Lower), ("upper", One::Upper), ("length", One::Length), ("round", One::Round)];
        let Some((_, one)) = functions.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) else {
            let message = format!("no function is called `{name}`");
            let help = "there are count, sum, avg, min, max, lower, upper, length and round";
            return Err(self.wrong(token, message).help(help));
        };
        self.next += 1;
        let mut program = self.deeper(token, Self::expression)?;
        self.need_mark(")")?;
        program.push(Op::One(*one));
        Ok(program)
    }

    fn aggregate(&mut self, fold: Fold, token: &Token) -> Result<Program, Mistake> {
        if let Folding::No(place) = self.folding {
            return Err(self.wrong(token, format!("an aggregate cannot stand in {place}")));
        }
        self.next += 1;
        let argument = if fold == Fold::Count && self.take_mark("*") {
            None
        } else {
            self.folding = Folding::No("another aggregate");
            let argument = self.deeper(token, Self::expression)?;
            self.folding = Folding::Yes;
            Some(argument)
        };
        self.need_mark(")")?;
        let aggregate = Aggregate { fold, argument };
        let known = self.aggregates.iter().position(|own| *own == aggregate);
        let place = known.unwrap_or(self.aggregates.len());
        if known.is_none() {
            if place == AGGREGATES {
                return Err(self.wrong(token, format!("more than {AGGREGATES} different aggregates")));
            }
            self.aggregates.push(aggregate);
        }
        Ok(vec![Op::Aggregate(place)])
    }

    fn column(&self, name: &str, token: &Token) -> Result<Program, Mistake> {
        let exactly = self.names.iter().position(|own| own == name);
        let alike = || self.names.iter().position(|own| own.to_lowercase() == name.to_lowercase());
        if let Some(column) = exactly.or_else(alike) {
            return Ok(vec![Op::Column(column)]);
        }
        let mistake = self.wrong(token, format!("no column is called `{name}`"));
        let near = nearest(name, self.names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        Err(mistake.help(near.unwrap_or_else(|| self.columns())))
    }

    fn columns(&self) -> String {
        let named: Vec<String> = self.names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = self.names.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("the columns are {}{more}", named.join(", "))
    }
}
