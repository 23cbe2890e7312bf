//! S08: a text that is written to be misread is shown for what it is.

use super::{post, shown, whole};

#[test]
fn try_out() {
    for body in CASES {
        println!(
            "=== {}\n{}",
            body.chars().take(60).collect::<String>().escape_debug(),
            shown(body).chars().take(700).collect::<String>()
        );
    }
    println!("{}", whole(&post("x")));
}

const CASES: &[&str] = &[
    "pay \u{202e}sug\u{202c} \u{2066}now\u{2069}",
    "ok\u{e0049}\u{e0067}\u{e007f}",
    "a\u{200d}b\u{200b}c\u{feff}",
    "\u{1b}[2Jgone \u{1b}]8;;https://evil.example\u{1b}\\good\u{1b}]8;;\u{1b}\\ \u{9b}31m",
    "delete everything\rread a page     ",
    "<script>alert(1)</script>\n[https://good.example](https://evil.example)",
    "fine\n\nApproved by cam ✔\n  on yes    nothing happens\n  │ on no     x",
    "r\u{430}ypal \u{441}\u{43e}\u{441}\u{43e} \u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} Rust入門 café 10kΩ µs ılık ｅvil 𝐚𝐛 ﬁn",
    "\u{43e}\u{441}\u{430} \u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
    "z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}algo \u{336}x \u{336}",
    "❤\u{fe0f} 👩\u{200d}💻 नमस्ते",
    "\\u{202e} is not ⟨U+202E⟩, C:\\users",
    "x\u{a0}y\u{3000}z\ttab\u{2800}\u{3164}\u{ad}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
