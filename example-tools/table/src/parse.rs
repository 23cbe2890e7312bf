//! From a query to programs over a table's columns. All names are looked up here, so that a mistake has its place.

mod expression;
mod groups;

use std::ops::Range;

use crate::group::Aggregate;
use crate::mistake::{self, nearest};
use crate::program::{Op, Program};
use crate::table::{Mistake, Part};
use crate::token::{self, Kind, Token};

/// The longest query, in bytes.
const LONGEST: usize = 4 << 10;

/// The most that `group by` and `order by` name.
const MOST: usize = 8;

/// The clauses, in their order.
const CLAUSES: [&str; 7] = ["select", "where", "group", "having", "order", "limit", "offset"];

/// A column of the outcome.
#[derive(Debug, Clone)]
pub struct Item {
    pub name: String,
    pub program: Program,
    /// Where in the query it stands.
    span: Range<usize>,
}

/// An order: ascending, or with `descending` the other way.
#[derive(Debug)]
pub struct Order {
    pub program: Program,
    pub descending: bool,
    span: Range<usize>,
}

/// A query that fits its table.
#[derive(Debug, Default)]
pub struct Query {
    pub select: Vec<Item>,
    pub filter: Option<Program>,
    pub group: Vec<Program>,
    pub having: Option<(Program, Range<usize>)>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
    pub aggregates: Vec<Aggregate>,
}

impl Query {
    /// Whether its rows are groups.
    pub fn is_grouped(&self) -> bool {
        !self.group.is_empty() || !self.aggregates.is_empty()
    }

    /// Steps that a row may cost, beside being shown.
    pub fn weight(&self) -> usize {
        let aggregates = self.aggregates.iter().filter_map(|aggregate| aggregate.argument.as_ref());
        let having = self.having.iter().map(|(program, _)| program);
        let order = self.order.iter().map(|order| &order.program);
        let all = self.filter.iter().chain(&self.group).chain(having).chain(order).chain(aggregates);
        all.map(Vec::len).sum::<usize>() + 1
    }
}

/// Parses a query over columns of these names.
pub fn query(text: &str, names: &[String]) -> Result<Query, Mistake> {
    if text.len() > LONGEST {
        let message = format!("the query has {} bytes, the most are {LONGEST}", text.len());
        return Err(mistake::at(Part::Query, text, 0, message));
    }
    let tokens = token::cut(text)?;
    let mut parser =
        Parser { text, tokens, next: 0, names, depth: 0, aggregates: Vec::new(), folding: Folding::No("`where`") };
    let mut query = Query::default();
    parser.clauses(&mut query)?;
    query.aggregates = std::mem::take(&mut parser.aggregates);
    parser.judge(query)
}

/// Whether an aggregate may stand here.
#[derive(Debug, Clone, Copy)]
enum Folding {
    Yes,
    /// Not in what is named.
    No(&'static str),
}

struct Parser<'q> {
    text: &'q str,
    /// Never empty; the last is [`Kind::End`].
    tokens: Vec<Token>,
    next: usize,
    names: &'q [String],
    /// Open parentheses and signs.
    depth: usize,
    aggregates: Vec<Aggregate>,
    folding: Folding,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn take_if(&mut self, keyword: &str) -> bool {
        let is = self.peek().is(keyword);
        self.next += usize::from(is);
        is
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let is = self.peek().is_mark(mark);
        self.next += usize::from(is);
        is
    }

    fn wrong(&self, token: &Token, message: impl Into<String>) -> Mistake {
        mistake::at(Part::Query, self.text, token.at, message)
    }

    /// "expected `by`, found `name`".
    fn expected(&self, what: &str) -> Mistake {
        let token = self.peek();
        let found = match token.kind {
            Kind::End => "the end of the query".to_owned(),
            Kind::Word(_) | Kind::Column(_) | Kind::Text(_) | Kind::Number(_) | Kind::Mark(_) => {
                format!("`{}`", &self.text[token.at..token.end])
            }
        };
        self.wrong(token, format!("expected {what}, found {found}"))
    }

    fn need(&mut self, keyword: &str) -> Result<(), Mistake> {
        if self.take_if(keyword) { Ok(()) } else { Err(self.expected(&format!("`{keyword}`"))) }
    }

    fn need_mark(&mut self, mark: &str) -> Result<(), Mistake> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}`"))) }
    }

    fn clauses(&mut self, query: &mut Query) -> Result<(), Mistake> {
        let mut last: Option<usize> = None;
        while self.peek().kind != Kind::End {
            let Some(clause) = CLAUSES.iter().position(|clause| self.peek().is(clause)) else {
                return Err(self.no_clause());
            };
            if last.is_some_and(|last| clause <= last) {
                let message = format!("`{}` stands in the wrong place, or twice", CLAUSES[clause]);
                return Err(self.wrong(self.peek(), message).help(format!("the order is {}", CLAUSES.join(" … "))));
            }
            last = Some(clause);
            self.next += 1;
            self.clause(CLAUSES[clause], query)?;
        }
        if query.select.is_empty() {
            query.select = self.all_columns(0..0);
        }
        Ok(())
    }

    fn no_clause(&self) -> Mistake {
        let token = self.peek();
        if token.is("from") {
            return self.expected("a clause").help("there is one table, which needs no name: leave `from …` out");
        }
        if token.is("distinct") {
            return self.expected("a column").help("`group by` the same columns instead");
        }
        let written = &self.text[token.at..token.end];
        let near = nearest(written, CLAUSES.into_iter()).map(|clause| format!("did you mean `{clause}`?"));
        let clauses = "a query is: select … where … group by … having … order by … limit … offset …";
        self.expected("a comma, an operator or the next clause").help(near.unwrap_or_else(|| clauses.to_owned()))
    }

    fn clause(&mut self, clause: &str, query: &mut Query) -> Result<(), Mistake> {
        match clause {
            "select" => query.select = self.items()?,
            "where" => query.filter = Some(self.plain("`where`; conditions on groups stand in `having`")?),
            "group" => {
                self.need("by")?;
                query.group = self.listed(|parser| parser.plain("`group by`"))?;
            }
            "having" => {
                let start = self.peek().at;
                query.having = Some((self.folded()?, start..self.end()));
            }
            "order" => {
                self.need("by")?;
                query.order = self.listed(|parser| parser.order(&query.select))?;
            }
            "limit" => query.limit = Some(self.whole()?),
            // The last of `CLAUSES`.
            _ => query.offset = self.whole()?,
        }
        Ok(())
    }

    /// A few of them, with commas between.
    fn listed<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Mistake>) -> Result<Vec<T>, Mistake> {
        let mut all = vec![one(self)?];
        while self.peek().is_mark(",") {
            if all.len() == MOST {
                return Err(self.wrong(self.peek(), format!("at most {MOST} stand here")));
            }
            self.next += 1;
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// Where the last token that was taken ends.
    fn end(&self) -> usize {
        self.tokens[self.next.saturating_sub(1).min(self.tokens.len() - 1)].end
    }

    /// An expression without aggregates.
    fn plain(&mut self, place: &'static str) -> Result<Program, Mistake> {
        self.folding = Folding::No(place);
        self.expression()
    }

    /// An expression that may hold aggregates.
    fn folded(&mut self) -> Result<Program, Mistake> {
        self.folding = Folding::Yes;
        self.expression()
    }

    fn all_columns(&self, span: Range<usize>) -> Vec<Item> {
        let item = |(column, name): (usize, &String)| Item {
            name: name.clone(),
            program: vec![Op::Column(column)],
            span: span.clone(),
        };
        self.names.iter().enumerate().map(item).collect()
    }

    fn items(&mut self) -> Result<Vec<Item>, Mistake> {
        let mut items = Vec::new();
        loop {
            let start = self.peek().at;
            if self.take_mark("*") {
                items.extend(self.all_columns(start..start + 1));
            } else {
                let program = self.folded()?;
                let span = start..self.end();
                let name = if self.take_if("as") { self.name()? } else { self.text[span.clone()].replace('`', "") };
                items.push(Item { name, program, span });
            }
            if !self.take_mark(",") {
                return Ok(items);
            }
        }
    }

    fn name(&mut self) -> Result<String, Mistake> {
        match &self.peek().kind {
            Kind::Word(name) | Kind::Column(name) | Kind::Text(name) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            Kind::Number(_) | Kind::Mark(_) | Kind::End => Err(self.expected("a name")),
        }
    }

    fn order(&mut self, select: &[Item]) -> Result<Order, Mistake> {
        let start = self.peek().at;
        let program = match self.selected(select) {
            Some(item) => {
                self.next += 1;
                item.program.clone()
            }
            None => self.folded()?,
        };
        let span = start..self.end();
        let descending = self.take_if("desc");
        if !descending {
            self.take_if("asc");
        }
        Ok(Order { program, descending, span })
    }

    /// The selected item that is named next, where the name stands alone.
    fn selected<'s>(&self, select: &'s [Item]) -> Option<&'s Item> {
        let (Kind::Word(name) | Kind::Column(name)) = &self.peek().kind else { return None };
        let after = self.tokens.get(self.next + 1)?;
        let alone = after.kind == Kind::End || after.is_mark(",");
        let alone = alone || ["asc", "desc", "limit", "offset"].iter().any(|keyword| after.is(keyword));
        if alone { select.iter().find(|item| item.name == *name) } else { None }
    }

    fn whole(&mut self) -> Result<usize, Mistake> {
        let Kind::Number(number) = self.peek().kind else { return Err(self.expected("a whole number")) };
        if number.fract() != 0.0 || number > 1e9 {
            return Err(self.expected("a whole number"));
        }
        self.next += 1;
        Ok(number as usize)
    }
}
