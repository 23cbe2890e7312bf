//! A picture of exposure over the day: how many pairs of a person and a thing there are at each minute that should not be.

use std::fmt::Write as _;

/// One line of the picture.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub colour: &'a str,
    /// A number for each minute.
    pub by_minute: &'a [u32],
}

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 46.0;
/// The minutes that are shown: what begins is over by then.
const FROM: usize = 540;
const TO: usize = 1260;

/// The picture as SVG.
#[must_use]
pub fn svg(title: &str, lines: &[Line<'_>]) -> String {
    let highest = lines.iter().flat_map(|line| line.by_minute).copied().max().unwrap_or(1).max(1);
    let across = |minute: usize| LEFT + WIDTH * minute.saturating_sub(FROM) as f64 / (TO - FROM) as f64;
    let up = |pairs: u32| TOP + HEIGHT * (1.0 - f64::from(pairs) / f64::from(highest));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{title}</text>\n",
        LEFT + WIDTH + 20.0,
        TOP + HEIGHT + 40.0
    );
    for hour in FROM / 60..=TO / 60 {
        let x = across(hour * 60);
        let (bottom, label) = (TOP + HEIGHT, TOP + HEIGHT + 18.0);
        line(&mut text, (x, TOP), (x, bottom));
        written(&mut text, (x, label), "middle", &format!("{hour}:00"));
    }
    for quarter in 0..=4 {
        let pairs = highest / 4 * quarter;
        line(&mut text, (LEFT, up(pairs)), (LEFT + WIDTH, up(pairs)));
        written(&mut text, (LEFT - 6.0, up(pairs) + 4.0), "end", &crate::table::thousands(pairs));
    }
    for (place, Line { name, colour, by_minute }) in lines.iter().enumerate() {
        let mut path = String::new();
        let mut before = None;
        for (minute, pairs) in by_minute.iter().enumerate().take(TO + 1).skip(FROM) {
            // A step where the number changes, and nothing between.
            if before != Some(*pairs) || minute == TO {
                let x = across(minute);
                let step = if before.is_some() {
                    format!(" H{x:.1} V{:.1}", up(*pairs))
                } else {
                    format!("M{x:.1} {:.1}", up(*pairs))
                };
                path += &step;
                before = Some(*pairs);
            }
        }
        let x = LEFT + 190.0 * place as f64;
        let path = format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n");
        text += &path;
        text += &format!("<rect x=\"{x}\" y=\"27\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\n");
        written(&mut text, (x + 18.0, 37.0), "start", name);
    }
    text + "</svg>\n"
}

fn line(text: &mut String, from: (f64, f64), to: (f64, f64)) {
    let ((a, b), (c, d)) = (from, to);
    // Writing to a text does not fail.
    let _ = writeln!(text, "<path d=\"M{a:.1} {b:.1} L{c:.1} {d:.1}\" stroke=\"#ddd\"/>");
}

fn written(text: &mut String, at: (f64, f64), anchor: &str, words: &str) {
    let (x, y) = at;
    let _ = writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}
