//! The journal's promises that need no store: one form, one chain, and a verifier that names what was changed.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::clock::Instant;
use tollgate::journal::chain::{Head, Place, Sealed, commitment};
use tollgate::journal::checkpoint::{self, Verifier};
use tollgate::journal::verify::{PayloadRow, Restored, Row, Verdict, Verification, Wrong};
use tollgate::journal::{Draft, Kind, canonical};
use tollgate::name::InvocationId;

const LOG: &str = "tollgate.example/test";
const SALT: [u8; 32] = [9; 32];

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

#[derive(Clone)]
struct Log {
    rows: Vec<Row>,
    payloads: Vec<PayloadRow>,
    head: Head,
    checkpoints: String,
}

impl Log {
    fn new() -> Self {
        Self { rows: vec![], payloads: vec![], head: Head::EMPTY, checkpoints: String::new() }
    }

    fn add(&mut self, place: Option<(InvocationId, u32)>, draft: &Draft) {
        let at = Place { log: LOG, invocation: place, time: Instant(5) };
        let sealed = Sealed::new(draft, &vec![SALT; draft.payloads.len()]).expect("a draft of strings and integers");
        let (text, head) = sealed.place(&self.head, &at).expect("small numbers");
        let number = i64::try_from(self.head.entries).expect("a small log");
        for payload in &draft.payloads {
            let (part, bytes) = (payload.part.to_owned(), payload.bytes.clone());
            self.payloads.push(PayloadRow { number, part, salt: SALT.to_vec(), bytes });
        }
        self.head = head;
        let bytes = text.into_bytes();
        let invocation = place.map(|(invocation, _)| invocation.to_string());
        let seq = place.map(|(_, seq)| i64::from(seq));
        self.rows.push(Row { number, invocation, seq, hash: self.head.hash.as_bytes().to_vec(), bytes });
    }

    fn invocation(&mut self, id: u64, word: &str) {
        let id = InvocationId::new(id, &[1; 10]);
        self.add(Some((id, 0)), &Draft::new(Kind::Began, json!({ "tool": "answer" })));
        self.add(Some((id, 1)), &Draft::new(Kind::Observed, json!({ "word": word })).with("answered", "a runbook"));
        self.add(Some((id, 2)), &Draft::new(Kind::Ended, json!({ "entries": 3 })));
    }

    fn sign(&mut self) {
        self.checkpoints +=
            &checkpoint::line(&checkpoint::sign(LOG, &key(), &self.head).expect("the name can stand in a note"));
    }

    fn verify(&self, checkpoints: Option<&str>) -> Verdict {
        let mut verification =
            Verification::new(Verifier::new(LOG, key().verifying_key()).expect("the name can stand in a note"));
        self.rows.iter().for_each(|row| verification.row(row));
        self.payloads.iter().for_each(|row| verification.payload(row));
        verification.finish(checkpoints)
    }

    fn first(&self) -> (Option<u64>, Wrong) {
        match self.verify(Some(&self.checkpoints)) {
            Verdict::Wrong { findings } => (findings[0].number, findings[0].wrong),
            other => panic!("nothing was found: {other:?}"),
        }
    }
}

fn small() -> Log {
    let mut log = Log::new();
    log.invocation(1, "one");
    log.sign();
    log.invocation(2, "two");
    log.sign();
    log
}

#[test]
fn an_untouched_journal_is_sound() {
    let log = small();
    assert_eq!(log.verify(Some(&log.checkpoints)), Verdict::Sound { entries: 6, checkpoints: 2, restored: Vec::new() });
}

#[test]
fn without_checkpoints_or_after_the_last_it_cannot_tell() {
    let mut log = small();
    assert!(matches!(log.verify(None), Verdict::CannotTell { signed: 0, .. }));
    log.invocation(3, "three");
    assert!(matches!(log.verify(Some(&log.checkpoints)), Verdict::CannotTell { signed: 6, .. }));
}

#[test]
fn a_torn_last_checkpoint_is_no_checkpoint() {
    let mut log = small();
    log.checkpoints += "\"tollgate.exam";
    assert_eq!(log.verify(Some(&log.checkpoints)), Verdict::Sound { entries: 6, checkpoints: 2, restored: Vec::new() });
    log.checkpoints += "\n";
    assert_eq!(log.first(), (None, Wrong::Checkpoint));
}

#[test]
fn every_byte_of_every_row_is_watched() {
    let log = small();
    for row in 0..log.rows.len() {
        for byte in 0..log.rows[row].bytes.len() {
            let mut changed = log.clone();
            changed.rows[row].bytes[byte] ^= 1;
            assert_eq!(changed.first().0, Some(row as u64), "byte {byte} of row {row}");
        }
        for byte in 0..32 {
            let mut changed = log.clone();
            changed.rows[row].hash[byte] ^= 1;
            assert_eq!(changed.first(), (Some(row as u64), Wrong::Column));
        }
    }
}

#[test]
fn columns_that_say_something_else_are_named() {
    let mut log = small();
    log.rows[4].seq = Some(7);
    assert_eq!(log.first(), (Some(4), Wrong::Column));
    let mut log = small();
    log.rows[3].invocation = None;
    assert_eq!(log.first(), (Some(3), Wrong::Column));
    let mut log = small();
    log.rows[2].number = 1;
    assert_eq!(log.first(), (Some(2), Wrong::Reordered));
}

#[test]
fn rows_that_are_gone_are_named() {
    let mut log = small();
    log.rows.truncate(4);
    log.payloads.pop();
    assert_eq!(log.first(), (Some(4), Wrong::CutOff));
    let mut log = small();
    log.rows.drain(0..3);
    assert_eq!(log.first(), (Some(0), Wrong::Missing));
}

#[test]
fn hashes_made_anew_are_found_against_the_checkpoints() {
    let (old, mut forged) = (small(), Log::new());
    forged.invocation(1, "ONE");
    forged.invocation(2, "two");
    forged.checkpoints = old.checkpoints;
    assert_eq!(forged.first(), (Some(2), Wrong::RolledBack));
}

#[test]
fn payloads_are_watched_and_an_erasure_on_record_is_no_damage() {
    let mut log = small();
    log.payloads[0].bytes[0] ^= 1;
    assert_eq!(log.first(), (Some(1), Wrong::Payload));
    let mut log = small();
    log.payloads.remove(0);
    assert_eq!(log.first(), (Some(1), Wrong::Payload));
    let id = InvocationId::new(1, &[1; 10]).to_string();
    log.add(None, &Draft::new(Kind::Erased, json!({ "invocation": id })));
    log.sign();
    assert_eq!(log.verify(Some(&log.checkpoints)), Verdict::Sound { entries: 7, checkpoints: 3, restored: Vec::new() });
    log.add(Some((InvocationId::new(1, &[1; 10]), 3)), &Draft::new(Kind::Output, json!({})).with("stdout", "later"));
    log.payloads.pop();
    let found = log.first();
    assert_eq!(found, (Some(7), Wrong::Numbering), "it goes on after its end");
    let Verdict::Wrong { findings } = log.verify(Some(&log.checkpoints)) else { panic!("nothing was found") };
    assert!(findings.iter().any(|finding| (finding.number, finding.wrong) == (Some(7), Wrong::Payload)));
    assert_ne!(commitment(&SALT, b"a"), commitment(&[8; 32], b"a"));
}

#[test]
fn a_count_that_is_wrong_is_named() {
    let mut log = Log::new();
    let id = InvocationId::new(1, &[1; 10]);
    log.add(Some((id, 0)), &Draft::new(Kind::Ended, json!({ "entries": 2 })));
    log.sign();
    assert_eq!(log.first(), (Some(0), Wrong::Numbering));
}

#[test]
fn a_key_survives_its_written_form_and_another_key_opens_nothing() {
    let verifier = Verifier::new(LOG, key().verifying_key()).unwrap();
    assert_eq!(Verifier::parse(&verifier.vkey()), Ok(verifier.clone()));
    let note = checkpoint::sign(LOG, &key(), &Head::EMPTY).unwrap();
    assert_eq!(verifier.open(&note), Ok(Head::EMPTY));
    assert!(verifier.open(&note.replace("\n0\n", "\n1\n")).is_err());
    let other = Verifier::new(LOG, SigningKey::from_bytes(&[8; 32]).verifying_key()).unwrap();
    assert!(other.open(&note).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-canonical::LARGEST..=canonical::LARGEST).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn parse_after_print_changes_nothing(value in values()) {
        let bytes = canonical::print(&value).unwrap();
        prop_assert_eq!(canonical::parse(&bytes).unwrap(), value);
    }
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for text in ["null", "1.5", "9007199254740992", "1e3", "-0", " 1", r#"{"b":1,"a":2}"#, r#"{"a":1,"a":1}"#, r#""\u0061""#]
    {
        assert!(canonical::parse(text.as_bytes()).is_err(), "{text}");
    }
    // U+1F600 sorts before U+FB33 by UTF-16 code units, after it by code points (RFC 8785, 3.2.3).
    let text = "{\"\u{1f600}\":1,\"\u{fb33}\":2}";
    assert!(canonical::parse(text.as_bytes()).is_ok());
}

/// A log that was signed over six entries, put back to three, and went on: the entry that accepts it, and one more.
fn restored(lost: Head) -> Log {
    let before = small();
    let mut log = Log::new();
    log.invocation(1, "one");
    log.checkpoints.clone_from(&before.checkpoints);
    let body = json!({ "kept": 3, "lost": lost.entries, "lost-hash": lost.hash.hex() });
    log.add(None, &Draft::new(Kind::Restored, body));
    log
}

#[test]
fn what_was_lost_is_explained_by_an_entry_that_was_signed_after_it() {
    let lost = small().head;
    let mut log = restored(lost);
    assert_eq!(log.first(), (Some(4), Wrong::CutOff), "whoever can write the entry has not signed it");
    log.sign();
    let said = Restored { number: 3, kept: 3, lost: Some(lost) };
    assert_eq!(
        log.verify(Some(&log.checkpoints)),
        Verdict::Sound { entries: 4, checkpoints: 2, restored: vec![said.clone()] },
        "{said}"
    );
    // As long as what was lost and longer, it is the same.
    log.invocation(3, "three");
    log.sign();
    assert!(matches!(log.verify(Some(&log.checkpoints)), Verdict::Sound { entries: 7, restored, .. } if restored == [said]));
    // What was signed after the acceptance is not explained by it.
    log.rows.truncate(4);
    log.payloads.retain(|row| row.number < 4);
    assert_eq!(log.first(), (Some(4), Wrong::CutOff));
}

#[test]
fn an_entry_that_names_another_head_explains_nothing() {
    let mut log = restored(Head { entries: 6, ..Head::EMPTY });
    log.sign();
    assert_eq!(log.first(), (Some(4), Wrong::CutOff));
}

#[test]
fn what_was_kept_is_compared_as_before() {
    let mut log = restored(small().head);
    log.sign();
    let line = log.checkpoints.lines().last().expect("a line").to_owned();
    let mut other = Log::new();
    other.invocation(1, "another");
    let body = json!({ "kept": 3, "lost": 6, "lost-hash": small().head.hash.hex() });
    other.add(None, &Draft::new(Kind::Restored, body));
    other.checkpoints.clone_from(&small().checkpoints);
    other.sign();
    assert_eq!(other.first(), (Some(2), Wrong::RolledBack), "the first checkpoint is over what was kept");
    assert!(!other.checkpoints.contains(&line));
}
