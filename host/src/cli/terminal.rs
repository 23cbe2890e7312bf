//! The desk at a terminal: shows the card, takes the answer from the terminal itself, never from stdin.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::pin::Pin;

use crate::approval::{Answer, Card, Desk, Meanwhile, Passphrase};
use crate::name::PersonName;

/// The terminal of this process.
#[derive(Debug)]
pub struct Terminal;

/// The controlling terminal, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the terminal is the one thing a person answers on; nothing else is opened here"
)]
fn terminal() -> Option<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

impl Desk for Terminal {
    fn ask(&self, person: &PersonName, card: &Card, again: u32) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        let (person, text) = (person.clone(), card.text(&Meanwhile::default()));
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || ask(&person, &text, again)).await;
            asked.unwrap_or(Answer::NobodyHere)
        })
    }

    fn is_open(&self) -> bool {
        terminal().is_some()
    }
}

/// Shows a card to a person and takes the answer; `again` counts the wrong passphrases so far.
pub fn ask(person: &PersonName, card: &str, again: u32) -> Answer {
    let Some(mut terminal) = terminal() else { return Answer::NobodyHere };
    if again == 0 {
        let asked = write!(terminal, "\n{card}\n\nIs this what {person} wants? [yes/no] ").and_then(|()| terminal.flush());
        if asked.is_err() {
            return Answer::NobodyHere;
        }
        match yes_or_no(&terminal) {
            Some(true) => {}
            Some(false) => return Answer::No,
            None => return Answer::NobodyHere,
        }
    } else if writeln!(terminal, "That is not {person}'s passphrase.").is_err() {
        return Answer::NobodyHere;
    }
    match rpassword::prompt_password(format!("{person}'s passphrase: ")) {
        Ok(typed) => Answer::Yes(Passphrase::new(typed)),
        Err(_) => Answer::NobodyHere,
    }
}

/// The answer; anything but a clear yes is a no, and a terminal that closes is none.
fn yes_or_no(terminal: &File) -> Option<bool> {
    let mut answer = String::new();
    match BufReader::new(terminal).read_line(&mut answer) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(matches!(answer.trim(), "yes" | "y")),
    }
}

/// Asks for a new passphrase twice; none where there is no terminal.
///
/// # Errors
/// When it is too short or was not typed the same twice.
pub fn new_passphrase(person: &PersonName) -> Result<Option<Passphrase>, String> {
    if terminal().is_none() {
        return Ok(None);
    }
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt).map(Passphrase::new).map_err(|e| format!("reading the terminal: {e}"))
    };
    let first = ask(format!("New passphrase for {person} (8 characters or more): "))?;
    if !first.is_long_enough() {
        return Err("a passphrase needs eight characters or more".to_owned());
    }
    let second = ask("The same again: ".to_owned())?;
    if first.equals(&second) { Ok(Some(first)) } else { Err("the two were not the same".to_owned()) }
}

/// Asks for the passphrase that is to be replaced; none where there is no terminal.
#[must_use]
pub fn old_passphrase(person: &PersonName) -> Option<Passphrase> {
    terminal()?;
    rpassword::prompt_password(format!("{person}'s passphrase until now: ")).ok().map(Passphrase::new)
}

/// Asks for a person's passphrase; none where there is no terminal.
#[must_use]
pub fn passphrase(person: &PersonName) -> Option<Passphrase> {
    terminal()?;
    rpassword::prompt_password(format!("{person}'s passphrase: ")).ok().map(Passphrase::new)
}
