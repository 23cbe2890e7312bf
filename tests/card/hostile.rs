//! S08: a text that is written to be misread is shown for what it is, and never as the host's own words.

use proptest::prelude::*;
use tollgate::approval::{Card, Meanwhile, show, show_name};
use unicode_width::UnicodeWidthStr as _;

use super::{post, shown, whole};

/// Whether a character may stand on no screen: it acts on the terminal, turns the line round, or is not seen.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF
            | 0xE0000..=0xE0FFF)
}

/// The text that was shown, worked out from the card alone: what is shown leaves no doubt about what would be sent.
fn read_back(shown: &str) -> String {
    let rows = shown.lines().skip_while(|line| !line.starts_with("  │ "));
    let mut text = String::new();
    for (place, row) in rows.enumerate() {
        let row = row.strip_prefix("  │ ").expect("every line of a payload stands behind the bar");
        match row.strip_prefix("⟨…⟩") {
            Some(rest) => text.push_str(rest),
            None if place == 0 => text.push_str(row),
            None => text.extend(["\n", row]),
        }
    }
    let (mut back, mut rest) = (String::new(), text.as_str());
    while let Some(c) = rest.chars().next() {
        if let Some(mark) = rest.strip_prefix('⟨') {
            let (mark, after) = mark.split_once('⟩').expect("a mark ends");
            rest = after;
            if let Some((escape, times)) = mark.rsplit_once('×') {
                let c = escaped(escape).expect("an escape is counted").0;
                back.extend(std::iter::repeat_n(c, times.parse().expect("a count")));
                rest = if c == '\n' { rest.strip_prefix('\n').expect("a line after lines") } else { rest };
            }
        } else if let Some((c, after)) = escaped(rest) {
            back.push(c);
            rest = after;
        } else {
            back.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    back
}

/// The character that an escape at the beginning stands for, and what follows.
fn escaped(text: &str) -> Option<(char, &str)> {
    let (number, after) = text.strip_prefix("\\u{")?.split_once('}')?;
    Some((char::from_u32(u32::from_str_radix(number, 16).ok()?)?, after))
}

/// What a text would be on every screen; the first row is the counts.
const CASES: &[(&str, &str, &str)] = &[
    (
        "turned round",
        "pay \u{202e}sug\u{202c} \u{2066}now\u{2069}\u{61c}",
        "25 bytes, 1 line, 5 hidden characters written out as \\u{…}
  │ pay \\u{202e}sug\\u{202c} \\u{2066}now\\u{2069}\\u{61c}",
    ),
    (
        "tags and variation selectors",
        "ok\u{e0049}\u{e007f}❤\u{fe0f}\u{e0100}",
        "20 bytes, 1 line, 4 hidden characters written out as \\u{…}
  │ ok\\u{e0049}\\u{e007f}❤\\u{fe0f}\\u{e0100}",
    ),
    (
        "of no width",
        "a\u{200d}b\u{200b}c\u{feff}d\u{ad}\u{115f}",
        "18 bytes, 1 line, 5 hidden characters written out as \\u{…}
  │ a\\u{200d}b\\u{200b}c\\u{feff}d\\u{ad}\\u{115f}",
    ),
    (
        "commands of a terminal",
        "\u{1b}[2Jgone \u{1b}]8;;https://evil.example\u{7}good\u{9b}31m",
        "44 bytes, 1 line, 4 hidden characters written out as \\u{…}
  │ \\u{1b}[2Jgone \\u{1b}]8;;https://evil.example\\u{7}good\\u{9b}31m",
    ),
    (
        "a line written over",
        "delete everything\rread a page      ",
        "35 bytes, 1 line, 1 hidden character written out as \\u{…}
  │ delete everything\\u{d}read a page      ",
    ),
    (
        "markup and a link that says another address",
        "<script>alert(1)</script>\n[https://good.example](https://evil.example)",
        "70 bytes, 2 lines
  │ <script>alert(1)</script>
  │ [https://good.example](https://evil.example)",
    ),
    (
        "a footer that the host did not write",
        "fine\n\nApproved by cam ✔\n  on yes    nothing happens\n  │ on no     x",
        "71 bytes, 5 lines
  │ fine
  │ 
  │ Approved by cam ✔
  │   on yes    nothing happens
  │   │ on no     x",
    ),
    (
        "words of two scripts, and of one that looks like another",
        "r\u{430}ypal \u{441}\u{43e}\u{441}\u{43e} caf\u{e9} 10 \u{b5}s Rust\u{5165}\u{9580}",
        "40 bytes, 1 line, 2 words marked ⟨…⟩ that mix scripts or look like
            others, letters are Cyrillic and Han and Latin
  │ rаypal⟨Cyrillic and Latin: U+0430⟩ сосо⟨looks like coco: U+0441 U+043E⟩ caf
  │ ⟨…⟩é 10 µs Rust入門",
    ),
    (
        "one script alone",
        "\u{43e}\u{441}\u{430}",
        "6 bytes, 1 line, letters are Cyrillic
  │ оса",
    ),
    (
        "marks drawn over other lines",
        "z\u{301}\u{301}\u{301}\u{301}\u{301}\n\u{336}x",
        "15 bytes, 2 lines, 2 hidden characters written out as \\u{…}
  │ z\u{301}\u{301}\u{301}\u{301}\\u{301}
  │ \\u{336}x",
    ),
    (
        "what only the host writes",
        "\\u{202e} ⟨U+202E⟩ C:\\users",
        "30 bytes, 1 line, 2 hidden characters written out as \\u{…}
  │ \\u{5c}u{202e} \\u{27e8}U+202E⟩ C:\\users",
    ),
    (
        "a line that a terminal would wrap to the margin",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxApproved by cam",
        "90 bytes, 1 line
  │ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  │ ⟨…⟩Approved by cam",
    ),
];

#[test]
fn s08_each_case_is_shown_for_what_it_is() {
    for (case, body, expected) in CASES {
        assert_eq!(shown(body), format!("  text      {expected}\n"), "{case}");
        assert_eq!(read_back(&shown(body)), *body, "{case}");
    }
}

#[test]
fn s08_a_megabyte_of_blanks_leaves_the_line_behind_it_on_the_screen() {
    let body = format!("fine{}delete it\n{}bye", " ".repeat(1 << 20), "\n".repeat(5000));
    let expected = "  text      1053593 bytes, 5002 lines, 1053577 blanks counted instead of shown
  │ fine⟨\\u{20}×1048576⟩delete it⟨\\u{a}×5001⟩
  │ bye
";
    assert_eq!(shown(&body), expected);
    assert_eq!(read_back(&shown(&body)), body);
    assert!(shown(&" ".repeat(64)).ends_with(&format!("  │ {}\n", " ".repeat(64))), "64 are shown");
}

#[test]
fn s08_names_with_twins_carry_their_numbers() {
    assert_eq!(show_name("eng-help"), "eng-help");
    assert_eq!(show_name("\u{435}ng-help"), "\u{435}⟨U+0435⟩ng-help⟨Cyrillic and Latin⟩");
    assert_eq!(show_name("everyone "), "everyone\\u{20}");
    assert_eq!(show_name(" two  spaces"), "\\u{20}two \\u{20}spaces");
    assert_eq!(show_name("every\u{200b}one\n"), "every\\u{200b}one\\u{a}");
    assert_eq!(show_name("⟨U+0435⟩\\u{20}"), "\\u{27e8}U+0435⟩\\u{5c}u{20}");
}

/// Characters that texts are written to be misread with, and plain ones between them.
fn bodies() -> impl Strategy<Value = String> {
    let odd = "\u{202e}\u{2066}\u{e0041}\u{200d}\u{1b}\r\n\t \u{a0}\u{fe0f}\u{301}\u{430}\u{441}ax1\\u{}⟨⟩×│…入ｅ\u{1d41a}\u{85}\u{9b}\u{2800}❤";
    let odd = prop::sample::select(odd.chars().collect::<Vec<_>>());
    let run = (odd, prop_oneof![9 => 1..3_usize, 1 => 60..70_usize]).prop_map(|(c, times)| c.to_string().repeat(times));
    prop_oneof![prop::collection::vec(run, 0..60).prop_map(|runs| runs.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn s08_any_text_is_shown_behind_the_bar_whole_and_with_nothing_raw(body in bodies()) {
        let text = shown(&body);
        prop_assert_eq!(read_back(&text), body.as_str());
        for line in text.lines().skip(1) {
            prop_assert!(line.starts_with("  │ ") || line.starts_with("            "), "{:?}", line);
        }
        let mut card = post(&body);
        card.does = vec![body.clone()];
        card.read = vec![body.clone()];
        card.rules = vec![body.clone()];
        card.changed = vec![body.clone()];
        card.on_yes = vec![body.clone()];
        card.act.session = Some(body.clone());
        let meanwhile = Meanwhile { answers: vec![body.clone()], frozen: Some(body) };
        let view = card.view(&meanwhile);
        for text in [card.text(&meanwhile), card.text_short(&meanwhile), strings(&view)] {
            prop_assert_eq!(text.chars().find(|c| is_raw(*c)), None);
        }
        for line in card.text(&meanwhile).lines() {
            prop_assert!(line.width() <= 80, "{} columns: {:?}", line.width(), line);
        }
    }
}

/// Every text in a value.
fn strings(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => format!("{text}\n"),
        serde_json::Value::Array(items) => items.iter().map(strings).collect(),
        serde_json::Value::Object(fields) => fields.values().map(strings).collect(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => String::new(),
    }
}

#[test]
fn s08_ten_thousand_lines_are_all_there() {
    let body = (0..10_000).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let card = Card { payload: Some(body.clone()), ..post("") };
    assert_eq!(read_back(&shown(&body)), body);
    assert!(whole(&card).contains("10000 lines"));
    assert_eq!(show(&body).text, body, "what is plain is shown as it is");
}
