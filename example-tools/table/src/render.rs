//! An outcome as a table of Markdown, which people, forums and agents read alike.

use crate::value::Value;

/// Characters of a cell that are shown.
const WIDE: usize = 40;

/// Bytes of the whole text.
const LONGEST: usize = 64 << 10;

/// Renders rows under their names; numbers stand right.
pub fn text(names: &[String], rows: &[Vec<Value<'_>>], left_out: usize) -> String {
    let heading: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|value| plain(&value.shown())).collect()).collect();
    let column = |place: usize| cells.iter().chain([&heading]).filter_map(move |row| row.get(place));
    let widths: Vec<usize> =
        (0..names.len()).map(|place| column(place).map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)).collect();
    let right: Vec<bool> = (0..names.len()).map(|place| is_of_numbers(rows, place)).collect();
    let rule: Vec<String> = widths
        .iter()
        .zip(&right)
        .map(|(width, right)| if *right { format!("{}:", "-".repeat(width - 1)) } else { "-".repeat(*width) })
        .collect();
    let mut text = line(&heading, &widths, &right) + &line(&rule, &widths, &right);
    let mut shown = 0;
    for row in &cells {
        let line = line(row, &widths, &right);
        if text.len() + line.len() > LONGEST {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    match left_out + rows.len() - shown {
        0 => {}
        1 => text.push_str("… and 1 more row\n"),
        more => text.push_str(&format!("… and {more} more rows\n")),
    }
    text
}

fn is_of_numbers(rows: &[Vec<Value<'_>>], place: usize) -> bool {
    let mut filled = rows.iter().filter_map(|row| row.get(place)).filter(|value| !matches!(value, Value::Empty)).peekable();
    filled.peek().is_some() && filled.all(|value| value.number().is_some())
}

fn line(cells: &[String], widths: &[usize], right: &[bool]) -> String {
    let mut line = String::from("|");
    for ((cell, width), right) in cells.iter().zip(widths).zip(right) {
        let cell = if *right { format!(" {cell:>width$} |") } else { format!(" {cell:<width$} |") };
        line.push_str(&cell);
    }
    line.push('\n');
    line
}

/// One line, shortened, with nothing in it that ends a cell or moves a cursor.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for (place, c) in text.chars().enumerate() {
        match c {
            _ if place == WIDE => {
                plain.push('…');
                break;
            }
            '|' => plain.push_str("\\|"),
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}
