//! Quotas: a window that slides, counters that nothing resets, rates that are read as they are written.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::approval::Spends;
use tollgate::capability::specs;
use tollgate::clock::{Instant, Manual};
use tollgate::diagnostic::Source;
use tollgate::gate::World as _;
use tollgate::journal::{Body, Chapter, Draft, Journal as _, Kind, Terms, Unrecorded, With};
use tollgate::manifest::{self, Manifest};
use tollgate::name::{AgentName, PersonName, ToolName};
use tollgate::quota::{Charge, LONGEST, MOST, Per, Quota, Rate, charges, judge};
use tollgate::refusal::{Code, Refusal};
use tollgate::unit::Duration;

use crate::world::{GRANTS, World, codes};

fn quota(text: &str) -> Quota {
    Quota::parse("forum.post", 7, text).unwrap_or_else(|bad| panic!("{bad}"))
}

fn charged(quota: &Quota, tool: &str, agent: &str, initiator: &str) -> Charge {
    let tool = ToolName::parse(tool).expect("a tool's name");
    let agent = AgentName::parse(agent).expect("an agent's name");
    quota.charge(&tool, &agent, &PersonName::parse(initiator).expect("a person's name"))
}

/// The window by its definition: every use is looked at.
fn model_allows(uses: &[Instant], charge: &Charge, now: Instant) -> bool {
    let within = uses.iter().filter(|at| at.after(charge.period) > now).count();
    (within as u64) < charge.count
}

/// What a store hands to the judge: when the `count`-th last use was.
fn bounding(uses: &[Instant], charge: &Charge) -> Option<Instant> {
    uses.len().checked_sub(usize::try_from(charge.count).expect("a small count")).map(|at| uses[at])
}

fn judged(uses: &[Instant], charge: &Charge, now: Instant) -> Result<(), Refusal> {
    judge([(charge, bounding(uses, charge))], now)
}

fn rates() -> impl Strategy<Value = Rate> {
    let period =
        prop_oneof![1..=1_000_u64, (1..=90_u64).prop_map(|days| days * 86_400), (1..=12_u64).prop_map(|it| it * 604_800)];
    (1..=MOST, period).prop_map(|(count, seconds)| Rate { count, period: Duration(seconds * 1_000) })
}

fn pers() -> impl Strategy<Value = Per> {
    prop::sample::select(vec![Per::Initiator, Per::Agent, Per::Tool])
}

/// Names that are also words of a counter's key.
fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["act", "asks", "tool", "agent", "initiator", "forum.post", "a", "b", "a.b", "a-b"])
        .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_more_is_free_exactly_if_the_window_holds_fewer_and_the_time_said_is_the_first(
        (count, seconds) in (1..6_u64, 1..40_u64),
        steps in prop::collection::vec(prop_oneof![Just(0), 1..3_000_u64, 900..1_100_u64, 1_000..60_000_u64], 0..60),
    ) {
        let charge = charged(&quota(&format!("{count} per {seconds} seconds")), "answer", "cli", "ben");
        let (mut uses, mut now) = (Vec::new(), Instant(0));
        for step in steps {
            now = now.after(Duration(step));
            let allowed = model_allows(&uses, &charge, now);
            match judged(&uses, &charge, now) {
                Ok(()) => {
                    prop_assert!(allowed, "{uses:?} at {now:?}");
                    uses.push(now);
                }
                Err(refusal) => {
                    prop_assert!(!allowed, "{uses:?} at {now:?}");
                    prop_assert_eq!(refusal.code, Code::QuotaSpent);
                    // Only the end of some use's window can free anything.
                    let mut ends = uses.iter().map(|at: &Instant| at.after(charge.period)).filter(|end| *end > now);
                    let free = ends.find(|end| model_allows(&uses, &charge, *end)).expect("a window ends");
                    prop_assert!(!model_allows(&uses, &charge, Instant(free.0 - 1)), "{uses:?} before {free:?}");
                    prop_assert!(refusal.message.ends_with(&format!("free at {free}")), "{} and not {}", refusal.message, free);
                    prop_assert_eq!(refusal.until, Some(free));
                    prop_assert!(judged(&uses, &charge, free).is_ok());
                    prop_assert!(judged(&uses, &charge, Instant(free.0 - 1)).is_err());
                }
            }
        }
    }

    #[test]
    fn no_window_of_the_period_ever_holds_more_than_the_count(
        (count, seconds) in (1..5_u64, 1..10_u64), steps in prop::collection::vec(0..4_000_u64, 0..80),
    ) {
        let charge = charged(&quota(&format!("{count} per {seconds} seconds")), "answer", "cli", "ben");
        let (mut uses, mut now) = (Vec::new(), Instant(0));
        for step in steps {
            now = now.after(Duration(step));
            if judged(&uses, &charge, now).is_ok() {
                uses.push(now);
            }
        }
        for start in &uses {
            let within = uses.iter().filter(|at| *at >= start && **at < start.after(charge.period)).count();
            prop_assert!(within as u64 <= count, "{within} from {start:?} on: {uses:?}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_frees_nothing(at in 1..1_000_000_u64, back in 1..1_000_000_u64) {
        let charge = charged(&quota("1 per second"), "answer", "cli", "ben");
        let uses = [Instant(at)];
        prop_assert!(judged(&uses, &charge, Instant(at.saturating_sub(back))).is_err());
    }

    #[test]
    fn a_rate_parsed_after_printing_is_the_same(rate in rates(), per in pers()) {
        prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        let written = Quota { name: "forum.post", rate, per, line: 3 };
        prop_assert_eq!(Quota::parse("forum.post", 3, &written.to_string()), Ok(written));
    }

    #[test]
    fn a_parsed_rate_is_within_its_bounds(text in "[0-9]{0,8} per ([0-9]{1,4} )?(second|minute|hour|day|week|month)s?( per (tool|agent|x))?") {
        if let Ok(quota) = Quota::parse("forum.post", 1, &text) {
            prop_assert!((1..=MOST).contains(&quota.rate.count), "{}", text);
            prop_assert!(quota.rate.period >= Duration(1_000) && quota.rate.period <= LONGEST, "{}", text);
            prop_assert!(quota.to_string().starts_with(&format!("{} per ", quota.rate.count)), "{} of {}", quota, text);
        }
    }

    #[test]
    fn what_is_counted_apart_has_another_counter(
        one in (names(), names(), names(), pers()), other in (names(), names(), names(), pers()),
    ) {
        let key = |(tool, agent, initiator, per): &(String, String, String, Per)| {
            charged(&Quota { per: *per, ..quota("1 per day") }, tool, agent, initiator).key
        };
        let counted = |(tool, agent, initiator, per): &(String, String, String, Per)| {
            let whose = match per {
                Per::Initiator => initiator,
                Per::Agent => agent,
                Per::Tool => tool,
            };
            (*per, tool.clone(), whose.clone())
        };
        prop_assert_eq!(key(&one) == key(&other), counted(&one) == counted(&other), "{} {}", key(&one), key(&other));
        let asks = |(tool, agent, initiator, _): &(String, String, String, Per)| {
            let tool = ToolName::parse(tool).expect("a name");
            let (agent, initiator) = (AgentName::parse(agent).expect("a name"), PersonName::parse(initiator).expect("a name"));
            Rate::parse("1 per day").expect("a rate").asks(&tool, &agent, &initiator).map(|charge| charge.key)
        };
        let keys: BTreeSet<String> = asks(&one).into_iter().chain([key(&one), key(&other)]).collect();
        prop_assert_eq!(keys.len(), if key(&one) == key(&other) { 4 } else { 5 }, "{:?}", keys);
    }
}

#[test]
fn a_quota_says_what_is_spent_when_the_next_is_free_and_who_could_raise_it() {
    let charge = charged(&quota("2 per day per initiator"), "answer", "cli", "ben");
    let uses = [Instant(1_000), Instant(5_000)];
    assert_eq!(judged(&uses, &charge, Instant(86_401_000)), Ok(()), "the first is a day old");
    let refusal = judged(&uses, &charge, Instant(86_400_999)).expect_err("both lie within a day");
    assert_eq!(
        refusal.message,
        "the quota of forum.post for initiator ben is spent: 2 per day per initiator, and the next is free at 1970-01-02T00:00:01.000Z"
    );
    assert_eq!(
        refusal.change.as_deref(),
        Some("wait until then; an operator can raise \"forum.post\" in [quota] of the tool's manifest, line 7")
    );
}

#[test]
fn of_several_spent_quotas_the_one_that_lasts_is_named() {
    let [hour, day] = ["1 per hour", "1 per day"].map(|text| charged(&quota(text), "answer", "cli", "ben"));
    let at = Some(Instant(1_000));
    for order in [[(&hour, at), (&day, at)], [(&day, at), (&hour, at)]] {
        let refusal = judge(order, Instant(2_000)).expect_err("both are spent");
        assert!(refusal.message.contains("1 per day per tool"), "{}", refusal.message);
    }
    assert_eq!(judge([(&hour, at), (&day, None)], Instant(3_601_000)), Ok(()));
    assert_eq!(judge([], Instant(0)), Ok(()), "nothing is asked of who has no quota");
}

#[test]
fn a_counter_does_not_know_its_rate_so_an_edited_manifest_forgets_nothing() {
    let key = |text: &str| charged(&quota(text), "answer", "cli", "ben").key;
    assert_eq!(key("1 per hour per agent"), key("900 per 90 days per agent"));
    assert_ne!(key("1 per hour per agent"), key("1 per hour per initiator"));
}

#[test]
fn only_quotas_of_its_name_are_charged_to_an_act() {
    let quotas = [quota("1 per day"), Quota { name: "acl.write", ..quota("2 per day") }, quota("3 per week per agent")];
    let tool = ToolName::parse("answer").expect("a name");
    let (agent, initiator) = (AgentName::parse("cli").expect("a name"), PersonName::parse("ben").expect("a name"));
    let says = |name: &str| -> Vec<String> {
        charges(&quotas, name, &tool, &agent, &initiator).into_iter().map(|charge| charge.says).collect()
    };
    assert_eq!(says("forum.post"), ["1 per day per tool", "3 per week per agent"]);
    assert_eq!(says("acl.write"), ["2 per day per tool"]);
    assert!(says("forum").is_empty(), "a quota has the whole name");
}

#[test]
fn a_rate_is_read_as_it_is_written_and_nothing_near_it_is() {
    for (text, count, seconds, printed) in [
        ("20 per day per initiator", 20, 86_400, "20 per day per initiator"),
        ("1 per second", 1, 1, "1 per second per tool"),
        ("3 per 2 hours per agent", 3, 7_200, "3 per 2 hours per agent"),
        ("3 per 1 hour", 3, 3_600, "3 per hour per tool"),
        ("3 per 24 hours", 3, 86_400, "3 per day per tool"),
        ("1000000 per 90 days", 1_000_000, 7_776_000, "1000000 per 90 days per tool"),
    ] {
        let quota = quota(text);
        assert_eq!((quota.rate.count, quota.rate.period), (count, Duration(seconds * 1_000)), "{text}");
        assert_eq!(quota.to_string(), printed, "{text}");
    }
    for text in [
        "",
        "20",
        "20 per",
        "per day",
        "20  per day",
        " 20 per day",
        "20 per day ",
        "0 per day",
        "1000001 per day",
        "-1 per day",
        "+1 per day",
        "1.5 per day",
        "1_000 per day",
        "20 Per day",
        "20 per days",
        "20 per 0 days",
        "20 per 91 days",
        "20 per 18446744073709551615 weeks",
        "20 per 99999999999999999999 days",
        "20 per month",
        "20 per 1d",
        "20 per day per",
        "20 per day per person",
        "20 per day for initiator",
        "20 per day per agent per tool",
        "20 per day each",
    ] {
        assert!(Quota::parse("forum.post", 1, text).is_err(), "{text:?}");
    }
    assert!(Rate::parse("20 per day per initiator").is_err(), "whose it is has no place in a bare rate");
}

fn sound(text: &str) -> Manifest {
    let source = Arc::new(Source { name: "tools/answer.toml".to_owned(), text: text.to_owned() });
    let checked = manifest::check(ToolName::parse("answer").expect("a name"), source, &specs());
    checked.value.unwrap_or_else(|| panic!("{:?}", checked.problems))
}

#[test]
fn a_quota_and_each_rule_of_consent_is_part_of_the_meaning() {
    let text = include_str!("manifests/consent_and_quotas.toml");
    let manifest = sound(text);
    let quotas: Vec<String> = manifest.quotas.iter().map(|it| format!("{} {} {it}", it.line, it.name)).collect();
    assert_eq!(
        quotas,
        [
            "29 forum.post 20 per day per initiator",
            "29 forum.post 3 per 2 minutes per agent",
            "29 forum.post 100 per 2 weeks per tool",
            "30 acl.write 5 per hour per tool"
        ]
    );
    let consents: Vec<String> = manifest.grants.0.iter().map(|grant| grant.consent.to_string()).collect();
    assert_eq!(consents, ["owner", "initiator, two of group:oncall", "group:oncall"]);
    for (from, to, same) in [
        ("[\"two of group:oncall\", \"initiator\"]", "[\"initiator\", \"two of group:oncall\"]", true),
        ("\"two of group:oncall\"", "\"group:oncall\"", false),
        (", \"initiator\"]", "]", false),
        ("\"owner\"", "[\"owner\"]", true),
        (
            "\"20 per day per initiator\", \"3 per 2 minutes per agent\"",
            "\"3 per 120 seconds per agent\", \"20 per 24 hours per initiator\"",
            true,
        ),
        ("\"100 per 2 weeks\"", "\"100 per 2 weeks per tool\"", true),
        ("20 per day", "21 per day", false),
        ("20 per day", "20 per 2 days", false),
        ("per agent", "per initiator", false),
        ("\"acl.write\" = \"5 per hour\"", "", false),
    ] {
        assert!(text.contains(from), "{from}");
        let meaning = sound(&text.replacen(from, to, 1)).meaning();
        assert_eq!(meaning == manifest.meaning(), same, "{from} to {to}");
    }
}

/// A world whose probe has these quotas.
fn limited(quotas: &str) -> World {
    let world = World::new();
    world.grant(&format!("{GRANTS}\n[quota]\n{quotas}\n"));
    world
}

fn post(world: &World, initiator: &str) -> Value {
    let body = json!({ "forum": "eng-help", "thread": "1", "body": "hello" }).to_string();
    world.tollgate(&["-o", "json", "call", "probe.forum-post", &body, "--as", initiator]).json()
}

fn posted(world: &World, initiator: &str) {
    let report = post(world, initiator);
    assert_eq!(report["outcome"], "returned", "{report}");
}

fn spent(world: &World, initiator: &str) -> Value {
    let before = (world.outside(), world.count("SELECT count(*) FROM spent"));
    let report = post(world, initiator);
    assert_eq!(codes(&report), ["fund.quota-spent"], "{report}");
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    assert_eq!((world.outside(), world.count("SELECT count(*) FROM spent")), before, "a refusal changes and costs nothing");
    report
}

/// So much time passes for what was spent.
fn age(world: &World, millis: u64) {
    let aged = world.store().execute("UPDATE spent SET at = at - ?1", [millis.cast_signed()]).expect("an update");
    assert!(aged > 0, "there is nothing to age");
}

#[test]
fn a_quota_holds_over_processes_for_each_initiator_and_names_what_raises_it() {
    let world = limited("\"forum.post\" = \"2 per day per initiator\"");
    posted(&world, "ben");
    posted(&world, "ben");
    let report = spent(&world, "ben");
    let message = report["refusals"][0]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("the quota of forum.post for initiator ben is spent: 2 per day per initiator,"),
        "{message}"
    );
    assert!(report["refusals"][0].to_string().contains("in [quota] of the tool's manifest, line 16"), "{report}");
    posted(&world, "fay");
    world.edit("2 per day", "3 per day");
    posted(&world, "ben");
    spent(&world, "ben");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn a_quota_is_exact_when_many_processes_act_at_once() {
    let world = limited("\"forum.post\" = \"5 per day per agent\"");
    let reports: Vec<Value> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..12).map(|_| scope.spawn(|| post(&world, "ben"))).collect();
        calls.into_iter().map(|call| call.join().expect("a report")).collect()
    });
    let returned = reports.iter().filter(|report| report["outcome"] == "returned").count();
    let refused = reports.iter().filter(|report| codes(report) == ["fund.quota-spent"]).count();
    assert_eq!((returned, refused), (5, 7), "{reports:?}");
    assert_eq!(world.count("SELECT count(*) FROM posts WHERE body = 'hello'"), 5);
}

/// What a chapter that spends one use of a quota brings.
fn spends(charge: &Charge) -> Terms {
    let spends = Spends { approval: None, quotas: vec![charge.clone()] };
    Terms { with: Some(With::Spend(spends)), ..Terms::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_that_share_a_commit_are_counted_one_by_one() {
    let world = World::new();
    let store = Arc::new(crate::store::open(&world, Arc::new(Manual::at(Instant(0)))));
    let charge = charged(&quota("7 per day"), "probe", "cli", "ben");
    let before = (store.commits(), world.count("SELECT count(*) FROM journal"));
    let tries: Vec<_> = (0..200)
        .map(|_| {
            let chapter = Chapter { terms: spends(&charge), ..Chapter::alone(Draft::new(Kind::Pinned, Body::of(0))) };
            let store = store.clone();
            tokio::spawn(async move { store.append(chapter).await })
        })
        .collect();
    let mut recorded = 0;
    for tried in tries {
        match tried.await.expect("an answer") {
            Ok(_) => recorded += 1,
            Err(Unrecorded::Refused(refusal)) => assert_eq!(refusal.code, Code::QuotaSpent),
            Err(Unrecorded::Broken(broken) | Unrecorded::Unknown(broken)) => panic!("{broken}"),
        }
    }
    assert_eq!(recorded, 7);
    assert_eq!(world.count("SELECT count(*) FROM journal") - before.1, 7, "who is refused is not on record");
    assert!(store.commits() - before.0 < 200, "some shared a commit");
    store.close().await.expect("an end");
}

#[test]
fn a_use_is_free_again_exactly_a_period_later_and_a_clock_that_goes_back_frees_nothing() {
    let world = limited("\"forum.post\" = \"1 per day\"");
    // The store has seen a later time than the clock shows: as if the clock had gone back since.
    world.store().execute("UPDATE state SET newest = newest + 36000000", []).expect("an update");
    posted(&world, "ben");
    let at = u64::try_from(world.count("SELECT at FROM spent")).expect("a time");
    let report = spent(&world, "fay");
    let free = Instant(at).after(Duration(86_400_000));
    assert!(
        report["refusals"][0]["message"].as_str().is_some_and(|it| it.ends_with(&format!("free at {free}"))),
        "{report}"
    );
    let charges = [charged(&quota("1 per day"), "probe", "cli", "ben")];
    for (clock, left) in [(1, false), (free.0 - 1, false), (free.0, true)] {
        let store = crate::store::open(&world, Arc::new(Manual::at(Instant(clock))));
        assert_eq!(store.quota_left(&charges).expect("the store can be read").is_ok(), left, "at {clock}");
    }
    age(&world, 86_399_000);
    spent(&world, "ben");
    age(&world, 1_000);
    posted(&world, "ben");
}

#[test]
fn the_functions_of_a_grant_are_counted_together() {
    let world = limited("\"acl.write\" = \"2 per hour\"");
    let widen = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" });
    let lease = world.call("probe.acl-widen", &widen)["value"].clone();
    assert_eq!(world.call("probe.acl-end", &json!({ "object": "scratch", "lease": lease }))["outcome"], "returned");
    assert_eq!(codes(&world.call("probe.acl-widen", &widen)), ["fund.quota-spent"]);
    posted(&world, "ben");
}

#[test]
fn an_act_that_is_refused_before_its_intent_costs_nothing() {
    let world = limited("\"forum.post\" = \"1 per day\"");
    let nowhere = json!({ "forum": "eng-help", "thread": "999", "body": "hello" });
    assert_eq!(codes(&world.call("probe.forum-post", &nowhere)), ["cover.not-yours"]);
    assert_eq!(world.count("SELECT count(*) FROM spent"), 0);
    posted(&world, "ben");
}

#[test]
fn two_quotas_of_one_counter_spend_one_use_and_editing_them_forgets_none() {
    let world = limited("\"forum.post\" = [\"9 per hour per initiator\", \"2 per day per initiator\"]");
    posted(&world, "ben");
    posted(&world, "ben");
    assert_eq!(world.count("SELECT count(*) FROM spent"), 2);
    spent(&world, "ben");
    world.edit("[\"9 per hour per initiator\", \"2 per day per initiator\"]", "\"2 per hour per initiator\"");
    age(&world, 80 * 86_400_000);
    posted(&world, "ben");
    world.edit("2 per hour", "3 per 2 hours");
    posted(&world, "ben");
    world.edit("3 per 2 hours", "4 per 90 days");
    spent(&world, "ben");
}

#[test]
fn what_no_window_reaches_back_to_is_forgotten_and_what_it_reaches_is_not() {
    let world = limited("\"forum.post\" = \"3 per 90 days\"");
    let old = "INSERT INTO spent WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10) \
               SELECT 'act probe forum.post tool probe', i, 0 FROM n";
    world.store().execute(old, []).expect("uses of long ago");
    let kept = |world: &World| world.count("SELECT count(*) FROM spent WHERE at = 0");
    for left in [6, 2, 0] {
        posted(&world, "ben");
        assert_eq!(kept(&world), left);
    }
    spent(&world, "ben");
    assert_eq!(world.count("SELECT min(number) FROM spent"), 11, "and the numbers go on");
    age(&world, LONGEST.0 - 60_000);
    spent(&world, "ben");
    age(&world, 60_000);
    posted(&world, "ben");
    // However many there were, no rate counts more than the last million.
    world.store().execute("UPDATE spent SET number = number + 1000000 WHERE number = 14", []).expect("an update");
    age(&world, LONGEST.0 - 60_000);
    world.edit("3 per 90 days", "4 per 90 days");
    posted(&world, "ben");
    assert_eq!(world.count("SELECT min(number) FROM spent"), 1_000_014);
}
