//! What the tool `table` promises: formats, the query language, mistakes with their place, and bounds on hostile input.

use table::table::{Cell, Format, Mistake, Outcome, Part, query};

const SIZES: &str = "name,size,note\nfoo,12,\nFoobar,40,x\nbaz,7,y\nfoo,30,\"a, b\"\n";

fn ask(table: &str, text: &str) -> Outcome {
    query(table, text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"))
}

fn mistake(table: &str, text: &str) -> Mistake {
    query(table, text).expect_err(text)
}

/// Rows in the short form `a|12`.
fn rows(outcome: &Outcome) -> Vec<String> {
    let cell = |cell: &Cell| match cell {
        Cell::Empty => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Truth(truth) => truth.to_string(),
    };
    outcome.rows.iter().map(|row| row.cells.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn the_query_of_the_documentation_works() {
    let text =
        r#"select name, count(*), avg(size) where size > 10 and name ~ "foo" group by name order by size desc limit 20"#;
    let outcome = ask(SIZES, text);
    assert_eq!(outcome.columns, ["name", "count(*)", "avg(size)"]);
    assert_eq!(rows(&outcome), ["Foobar|1|40", "foo|2|21"]);
    assert_eq!((outcome.read, outcome.matched, outcome.left_out), (4, 3, 0));
    let shown = "| name   | count(*) | avg(size) |\n| ------ | -------: | --------: |\n| Foobar |        1 |        40 |\n| foo    |        2 |        21 |\n";
    assert_eq!(outcome.text, shown);
}

#[test]
fn every_format_gives_the_same_rows() {
    for (text, format) in [
        ("a,b\n1,x y\n2,\"z\"\n", Format::Commas),
        ("a;b\r\n1;x y\r\n2;\"z\"\r\n", Format::Semicolons),
        ("\u{feff}a\tb\n1\tx y\n\n2\tz", Format::Tabs),
        ("a|b\n1|x y\n2|z\n", Format::Pipes),
        ("Some text, first | of all.\n\n| a | b |\n|---|:-:|\n| 1 | x y |\n| 2 | z |\n\nand | more", Format::Markdown),
    ] {
        let outcome = ask(text, "");
        assert_eq!((outcome.format, outcome.columns.join(",")), (format, "a,b".to_owned()), "{text:?}");
        assert_eq!(rows(&outcome), ["1|x y", "2|z"], "{text:?}");
    }
    assert_eq!(rows(&ask("only\n1\n2\n", "select sum(only)")), ["3"]);
}

#[test]
fn quotes_hold_delimiters_lines_and_quotes() {
    let outcome = ask("a,b\n\"x, \"\"y\"\"\nz\",2\n", "select a, length(a) as long");
    assert_eq!(rows(&outcome), ["x, \"y\"\nz|8"]);
    let open = mistake("a,b\n1,\"never\n", "");
    assert_eq!((open.part, open.line, open.column), (Part::Table, 2, 3), "{open:?}");
    let after = mistake("a,b\n\"x\"y,2\n", "");
    assert_eq!((after.part, after.line, after.column), (Part::Table, 2, 4), "{after:?}");
}

#[test]
fn what_is_odd_in_a_table_is_told() {
    let outcome = ask("a,a,\n1\n1,2,3,4\n", "");
    assert_eq!(outcome.columns, ["a", "a_2", "column3"]);
    assert_eq!(rows(&outcome), ["1||", "1|2|3"]);
    assert!(outcome.notes[0].starts_with("1 row is shorter") && outcome.notes[0].contains("line 2"), "{:?}", outcome.notes);
    assert!(outcome.notes[1].starts_with("1 row is longer"), "{:?}", outcome.notes);
}

#[test]
fn numbers_are_numbers_only_where_nothing_is_lost() {
    let text = "a\n12\n-0.5\n1e3\n007\n1,200\n1234567890123456789\n";
    let outcome = ask(&text.replace("1,200", "\"1,200\""), "where a > -1");
    assert_eq!(rows(&outcome), ["12", "-0.5", "1000"]);
    assert!(outcome.notes[0].contains("compared 3 times"), "{:?}", outcome.notes);
    assert_eq!(rows(&ask("a\n007\n7\n", "where a = \"007\"")), ["007"]);
    assert_eq!(rows(&ask("a\n0.1\n0.2\n", "select sum(a)")), ["0.3"]);
}

#[test]
fn conditions_and_expressions() {
    for (text, expected) in [
        ("select name where note is empty", "foo"),
        ("select name where note is not empty and not name = 'baz'", "Foobar,foo"),
        ("select size where name in ('baz', 'foo') order by size", "7,12,30"),
        ("select size where name not in ('baz', 'foo')", "40"),
        ("select name where name !~ 'FOO'", "baz"),
        ("select size * 2 + 1 as odd where size % 10 = 0 order by odd", "61,81"),
        ("select -(size - 7) / 2 where name = 'baz' or size = 40 and note = 'x'", "-16.5,0"),
        ("select upper(lower(name)) where size <> 12 limit 1 offset 1", "BAZ"),
        ("select count(note), min(size), max(name)", "3|7|foo"),
        ("select name group by name having count(*) > 1", "foo"),
        ("select count(*) where size > 1000", "0"),
        ("select note order by note desc", "y,x,a, b,"),
        ("SELECT `name` WHERE SIZE >= 30;", "Foobar,foo"),
    ] {
        assert_eq!(rows(&ask(SIZES, text)).join(","), expected, "{text}");
    }
}

#[test]
fn a_mistake_says_where_and_what_to_do() {
    for (text, column, message, help) in [
        ("select nmae", 8, "no column is called `nmae`", "did you mean `name`?"),
        (
            "select name wher size > 1",
            13,
            "expected a comma, an operator or the next clause, found `wher`",
            "did you mean `where`?",
        ),
        ("select name from t", 13, "expected a clause, found `from`", "there is one table"),
        ("select name where size >", 25, "expected a column, a number or a text, found the end", ""),
        ("select name where count(*) > 1", 19, "an aggregate cannot stand in `where`", ""),
        ("select name, count(*)", 8, "`name` may differ within a group", "put it into `group by`"),
        ("select sum(count(*))", 12, "an aggregate cannot stand in another aggregate", ""),
        ("select name having name = 'a'", 20, "`having` needs `group by`", "stand in `where`"),
        ("select median(size)", 8, "no function is called `median`", "count, sum"),
        ("select name where name = 'foo", 26, "the ' that stands here is never closed", ""),
        ("select 007", 8, "`007` is no number", "\"quotes\""),
        ("select name limit 1.5", 19, "expected a whole number, found `1.5`", ""),
        ("order by name where size > 1", 15, "stands in the wrong place", "the order is select"),
        ("select name; drop", 12, "';' means nothing here", ""),
        ("select min(size), max(size) group by name order by size", 52, "several aggregates", "avg(size)"),
    ] {
        let mistake = mistake(SIZES, text);
        assert_eq!((mistake.part, mistake.line, mistake.column), (Part::Query, 1, column), "{text}: {mistake:?}");
        assert!(mistake.message.contains(message), "{text}: {}", mistake.message);
        assert!(mistake.help.clone().unwrap_or_default().contains(help), "{text}: {:?}", mistake.help);
        assert!(mistake.shown.ends_with('^'), "{}", mistake.shown);
    }
}

#[test]
fn hostile_queries_are_mistakes_not_crashes() {
    let deep = format!("select {}size{}", "(".repeat(500), ")".repeat(500));
    let signs = format!("select {}size", "-".repeat(2_000));
    let nots = format!("where {} size > 1", "not ".repeat(900));
    let chain = format!("select size{}", " + size".repeat(550));
    assert!(mistake(SIZES, &deep).message.contains("parentheses"));
    assert!(mistake(SIZES, &signs).message.contains("signs"));
    assert_eq!(ask(SIZES, &nots).matched, 3 + 1);
    assert_eq!(rows(&ask(SIZES, &chain))[0], (12 * 551).to_string());
    assert!(mistake(SIZES, &"x".repeat(5_000)).message.contains("the most are 4096"));
    for text in
        ["\u{0}", "select \u{1F980}", "`", "((((", "select , ,", "where", "group", "limit -1", "select a(", "\"\u{301}"]
    {
        let mistake = mistake(SIZES, text);
        assert!(mistake.column >= 1 && !mistake.message.is_empty(), "{text:?}");
    }
}

#[test]
fn hostile_tables_are_mistakes_or_cut() {
    assert_eq!(mistake("", "").message, "the table is empty: its first line names the columns");
    assert!(mistake(&format!("a\n{}", "1\n".repeat(300_000)), "").message.contains("200000 cells"));
    assert!(mistake(&",".repeat(2_000), "").message.contains("2001 columns"));
    assert!(mistake(&format!("a\n{}\n", "x".repeat(20_000)), "").message.contains("a cell"));
    assert!(mistake(&"x".repeat(2 << 20), "").message.contains("bytes"));
    let long = format!("a,b\n{}", "1,2\n".repeat(90_000));
    let outcome = ask(&long, "");
    assert_eq!((outcome.rows.len(), outcome.left_out), (1_000, 89_000));
    assert!(outcome.text.len() <= (64 << 10) + 100 && outcome.text.ends_with("more rows\n"));
    let heavy = format!("where {}", vec!["a ~ b"; 400].join(" and "));
    assert!(mistake(&long, &heavy).message.contains("too long for a query of"));
    let many: String = (0..90_000).map(|row| format!("{row},x\n")).collect();
    assert!(mistake(&format!("a,b\n{many}"), "select a, min(b), max(b) group by a").message.contains("groups"));
}

#[test]
fn a_rendered_cell_moves_no_cursor() {
    let outcome = ask("a\n\"x|y\u{1b}[2J\nz\"\n", "");
    assert_eq!(outcome.text.lines().last(), Some("| x\\|y [2J z |"));
}
