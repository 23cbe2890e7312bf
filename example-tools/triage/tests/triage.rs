//! What the tool `triage` promises, in the test kit's world.

use tollgate_sdk::test::World;
use triage::triage::{Kind, Level, Mention, Report, triage};

/// A world with one log and one thread.
fn world(log: impl Into<Vec<u8>>, posts: &[(&str, &str)]) -> World {
    let world = World::new();
    world.file("logs/a.log", log);
    world.thread("eng-help", "What broke?", posts);
    world
}

fn report_in(world: &World) -> Report {
    let _installed = world.install();
    let forum = tollgate_sdk::forum::threads("eng-help", None).expect("the forum");
    let thread = forum.threads.first().expect("a thread").id;
    triage("logs/a.log", "eng-help", thread).expect("a report")
}

fn report(log: impl Into<Vec<u8>>, posts: &[(&str, &str)]) -> Report {
    report_in(&world(log, posts))
}

fn mention<'r>(report: &'r Report, what: &str) -> &'r Mention {
    report.mentions.iter().find(|mention| mention.what == what).unwrap_or_else(|| panic!("no {what}: {:?}", report.mentions))
}

/// Ten packages installed in a minute, one of them left half-configured.
fn dpkg() -> String {
    let mut log = String::from("2026-11-24 18:00:00 startup archives unpack\n");
    for (second, state) in ["half-installed", "unpacked", "half-configured", "installed"].iter().enumerate() {
        for package in 0..10 {
            if !(package == 3 && *state == "installed") {
                log += &format!(
                    "2026-11-24 18:00:{:02} status {state} libfoo{package}:amd64 1.{package}-1~deb12u1\n",
                    second + 1
                );
            }
        }
    }
    log
}

#[test]
fn dpkg_log_is_read_in_its_patterns() {
    let report =
        report(dpkg(), &[("ann", "Since the upgrade at 18:05 `libfoo3` is broken; libfoo12 is not installed here.")]);
    assert_eq!((report.log.lines, report.log.without_time, report.log.errors), (40, 0, 0));
    assert_eq!(report.log.times[0].what, "date and time");
    let installed = report.frequent.iter().find(|seen| seen.pattern == "status installed <package> <n>");
    assert_eq!(installed.expect("the pattern").count, 9, "{:?}", report.frequent);
    assert_eq!(report.unsettled.len(), 1);
    assert_eq!(
        (report.unsettled[0].package.as_str(), report.unsettled[0].state.as_str()),
        ("libfoo3:amd64", "half-configured")
    );
    let named = mention(&report, "libfoo3");
    assert_eq!((named.kind, named.count, named.first_seen.as_str()), (Kind::Name, 3, "2026-11-24 18:00:01"));
    assert_eq!(mention(&report, "libfoo12").count, 0, "a longer name is another one");
    assert_eq!((report.around[0].time.as_str(), report.around[0].lines), ("18:05", 40));
    assert!(report.text.contains("libfoo3:amd64 is half-configured since 2026-11-24 18:00:03"), "{}", report.text);
}

#[test]
fn apt_history_is_read_in_its_blocks() {
    let block = |minute: u32, list: &str| {
        format!(
            "\nStart-Date: 2026-11-24  18:{minute:02}:00\nCommandline: apt-get install -y x{minute}\n{list}\nEnd-Date: 2026-11-24  18:{minute:02}:09\n"
        )
    };
    let long: Vec<String> = (0..400).map(|n| format!("libbar{n}:amd64 (1.{n}, automatic)")).collect();
    let log = block(1, &format!("Install: {}", long.join(", ")))
        + &block(2, "Upgrade: curl:amd64 (1, 2)")
        + &block(3, "Error: Sub-process /usr/bin/dpkg returned an error code (1)");
    let report = report(log, &[("ann", "libbar399 came with it, said /usr/bin/dpkg")]);
    assert_eq!((report.log.errors, report.log.times[0].what.as_str()), (1, "apt history"));
    assert_eq!(
        (report.log.first_time.as_str(), report.log.last_time.as_str()),
        ("2026-11-24  18:01:00", "2026-11-24  18:03:09")
    );
    let named = mention(&report, "libbar399");
    assert_eq!((named.count, named.first_seen.as_str()), (1, "2026-11-24  18:01:00"));
    assert!(named.lines[0].text.contains("libbar399:amd64"), "the place in the long line: {:?}", named.lines);
    assert_eq!(mention(&report, "/usr/bin/dpkg").kind, Kind::Path);
    assert_eq!((report.troubles[0].level, report.troubles[0].count), (Level::Error, 1));
    assert!(report.frequent.iter().any(|seen| seen.pattern == "Install: <packages>"), "{:?}", report.frequent);
}

#[test]
fn the_forms_of_time_are_told_apart() {
    for (line, form, shown) in [
        ("2026-11-24T18:00:01.5+01:00 x", "RFC 3339", "2026-11-24T18:00:01.5+01:00"),
        ("[2026-11-24T18:00:01Z] x", "RFC 3339", "2026-11-24T18:00:01Z"),
        ("2026-11-24 18:00:01,123 x", "date and time", "2026-11-24 18:00:01,123"),
        ("Nov  4 18:00:01 web1 sshd[42]: x", "syslog", "Nov  4 18:00:01"),
        ("Log started: 2026-11-24  18:00:01", "apt history", "2026-11-24  18:00:01"),
        ("update-alternatives 2026-11-24 18:00:01: x", "program, date and time", "2026-11-24 18:00:01"),
    ] {
        let report = report(format!("{line}\n"), &[]);
        assert_eq!(report.log.times.first().map(|time| time.what.as_str()), Some(form), "{line}");
        assert_eq!(report.log.first_time, shown, "{line}");
    }
    for line in ["2026-13-24 18:00:01 x", "2026-11-24 25:00:01 x", "Nov", "1.5 x", "", "Start-Date: soon"] {
        assert!(report(format!("{line}\n"), &[]).log.times.is_empty(), "{line}");
    }
}

#[test]
fn a_burst_and_the_words_in_it_stand_out() {
    let mut log = String::new();
    for minute in 0..40 {
        for second in 0..if minute == 20 { 50 } else { 2 } {
            let what = if minute == 20 { "ERROR disk full: ENOSPC" } else { "INFO fine" };
            log += &format!("2026-11-24T18:{minute:02}:{second:02}Z {what}\n");
        }
    }
    let report =
        report(log, &[("ann", "We see ENOSPC.\n> ERROR disk full: ENOSPC\nand 2026-11-24 18:20:30, but not SIGSEGV")]);
    assert_eq!(report.bursts.len(), 1);
    let burst = &report.bursts[0];
    assert_eq!((burst.from.as_str(), burst.lines, burst.errors, burst.usual), ("2026-11-24 18:20:00", 50, 50, 2));
    assert!(burst.words.contains(&"enospc".to_owned()), "{burst:?}");
    assert_eq!((mention(&report, "enospc").kind, mention(&report, "enospc").count), (Kind::Code, 50));
    assert_eq!(mention(&report, "ERROR disk full: ENOSPC").kind, Kind::Quoted);
    assert_eq!(mention(&report, "sigsegv").count, 0);
    assert_eq!((report.around[0].lines, report.around[0].errors), (50 + 2 * 19, 50), "{:?}", report.around);
    assert_eq!(report.log.errors, 50);
}

#[test]
fn what_could_not_be_read_is_said() {
    let line = "2026-11-24 18:00:01 a line of a long log\n";
    let long = || world(line.repeat(20_000), &[("ann", "a line")]);
    let world = long();
    world.meter("files.read", 2, 1 << 20);
    let report = report_in(&world);
    assert_eq!((report.log.bytes, report.unread.len()), (512 << 10, 1));
    let unread = &report.unread[0];
    assert_eq!((unread.what.as_str(), unread.reason.reason.as_str()), ("the log after 524288 bytes", "meter-spent"));
    let world = long();
    world.meter("files.read", 100, 600_000);
    assert_eq!(report_in(&world).log.bytes, 600_000, "the last bytes of a meter are used");
    let world = long();
    world.refuse("forum.thread", "cover.not-yours");
    let report = report_in(&world);
    assert_eq!((report.log.bytes, report.thread.posts), (20_000 * line.len() as u64, 0));
    assert!(report.unread[0].what.starts_with("thread "), "{:?}", report.unread);
    assert!(report.text.contains("cover.not-yours"), "{}", report.text);
}

#[test]
fn a_log_that_is_refused_is_no_report() {
    let world = world("a line\n", &[]);
    world.refuse("files.read", "cover.not-granted");
    let _installed = world.install();
    let refusal = triage("logs/a.log", "eng-help", 1).expect_err("nothing was read");
    assert_eq!(refusal.reason, "not-granted");
}

#[test]
fn it_changes_nothing_and_reads_each_byte_once() {
    let log = dpkg();
    let world = world(log.clone(), &[("ann", "libfoo3?")]);
    let report = report_in(&world);
    assert_eq!((report.log.bytes, world.used("files.read").bytes), (log.len() as u64, log.len() as u64));
    assert!(world.posts().is_empty() && world.leases().is_empty());
    assert_eq!(format!("{report:?}"), format!("{:?}", report_in(&world)), "the same twice");
}

#[test]
fn hostile_logs_and_threads_stay_in_bounds() {
    let mut log: Vec<u8> = b"x".repeat(300_000);
    log.extend(b"\n\xff\xfe broken\n\0\n");
    for number in 0..20_000u32 {
        log.extend(
            format!("w{} {}\n", "a".repeat((number % 97) as usize), number.wrapping_mul(2_654_435_761) % 7919).bytes(),
        );
        log.extend(format!("{}\n", char::from_u32(0x4e00 + number).unwrap_or('x')).bytes());
    }
    let words: String = (0..5_000).map(|number| format!("word{number} ")).collect();
    let report =
        report(log, &[("mallory", &words), ("mallory", &"`".repeat(999)), ("mallory", &"> x y z \u{1b}[2J".repeat(99))]);
    assert!(report.text.len() <= 8_000 && !report.text.contains('\u{1b}'));
    assert!(report.notes.iter().any(|note| note.contains("no UTF-8")), "{:?}", report.notes);
    assert!(report.notes.iter().any(|note| note.contains("longer than 64 KiB")), "{:?}", report.notes);
    assert!(report.notes.iter().any(|note| note.contains("fit none of the patterns")), "{:?}", report.notes);
    assert!(report.mentions.len() <= 40 && report.log.patterns <= 2_000);
}
