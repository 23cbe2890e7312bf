//! A guest of the tests that the tests also run natively: the same calls to the host and to the SDK's test kit, told in
//! words that can be compared.

/// Calls everything once, and says what came of it.
#[tollgate_sdk::tool]
pub mod script {
    use std::fmt::Debug;

    use tollgate_sdk::{Refusal, acl, context, files, forum};

    /// Reads and lists, down to the last of the meter.
    pub fn read() -> Vec<String> {
        let mut said = Vec::new();
        for (folder, after) in [
            ("", None),
            ("runbooks", None),
            ("runbooks", Some("deploy.md")),
            ("runbooks", Some("zzz")),
            ("runbooks/night", None),
            ("runbooks/deploy.md", None),
            ("runbooks/missing", None),
            ("runbooks/", None),
            ("runbooks/../pay", None),
        ] {
            said.push(told(&format!("list {folder:?} {after:?}"), files::list(folder, after).map(listing)));
        }
        // More names than one listing holds.
        let first = files::list("runbooks/many", None);
        let last = first.as_ref().ok().and_then(|it| it.entries.last()).map(|entry| entry.name.clone());
        said.push(told("many", first.map(|it| (it.entries.len(), it.more))));
        said.push(told("the rest", files::list("runbooks/many", last.as_deref()).map(|it| (it.entries.len(), it.more))));
        for (path, offset, length) in [
            ("runbooks/deploy.md", 0, 10),
            ("runbooks/deploy.md", 5, 10_000),
            ("runbooks/deploy.md", 1_000_000, 10),
            ("runbooks/deploy.md", 0, 0),
            ("runbooks/large.bin", 0, u32::MAX),
            ("runbooks/missing.md", 0, 10),
            ("runbooks/night", 0, 10),
            ("runbooks//deploy.md", 0, 10),
            ("/etc/passwd", 0, 10),
            ("", 0, 10),
        ] {
            let read = files::read(path, offset, length)
                .map(|bytes| (bytes.len(), bytes.iter().map(|it| u64::from(*it)).sum::<u64>()));
            said.push(told(&format!("read {path:?} {offset} {length}"), read));
        }
        said.push(format!("{:?}", context::meters()));
        said
    }

    /// Writes files, and what cannot be written.
    pub fn write() -> Vec<String> {
        let mut said = Vec::new();
        for (path, size) in [
            ("runbooks/new.md", 5),
            ("runbooks/new.md", 0),
            ("runbooks/deploy.md", 7),
            ("runbooks/large.bin", 1 << 20),
            ("runbooks/large.bin", (1 << 20) + 1),
            ("runbooks/night", 1),
            ("runbooks/missing/new.md", 1),
            ("runbooks/deploy.md/new.md", 1),
            ("runbooks/../new.md", 1),
            ("", 1),
            ("runbooks/large.bin", 1 << 20),
        ] {
            let contents = vec![b'x'; size];
            said.push(told(&format!("write {path:?} {size}"), files::write(path, &contents)));
        }
        said.push(left("files.write"));
        said
    }

    /// Spends a meter: bytes first, then calls.
    pub fn spend() -> Vec<String> {
        let mut said = Vec::new();
        for length in [60, 60, 60, 40, 1] {
            said.push(told("read", files::read("runbooks/large.bin", 0, length).map(|bytes| bytes.len())));
            said.push(format!("{:?}", context::meters()));
        }
        said.push(told("list", files::list("runbooks", None).map(listing)));
        said.push(told("list", files::list("runbooks", None).map(listing)));
        said.push(format!("{:?}", context::meters()));
        said
    }

    /// Reads a forum and posts in it.
    pub fn post(thread: u64) -> Vec<String> {
        let mut said = Vec::new();
        said.push(told("threads", forum::threads("eng-help", None).map(|page| page.more)));
        said.push(told(
            "after all",
            forum::threads("eng-help", Some(u64::from(u32::MAX))).map(|it| (it.threads.len(), it.more)),
        ));
        for (forum, thread) in [("eng-help", 999), ("nowhere", thread), ("No Name", thread)] {
            said.push(told("threads", forum::threads(forum, None).map(|_| ())));
            said.push(told("thread", forum::thread(forum, thread, None).map(|it| it.posts.len())));
            said.push(told("post", forum::post(forum, thread, "hello").map(|_| ())));
        }
        let before = forum::thread("eng-help", thread, None).map(|it| it.posts.len()).unwrap_or_default();
        let body = "x".repeat(100_000);
        let posts: Vec<_> = (0..3).filter_map(|_| forum::post("eng-help", thread, &body).ok()).collect();
        said.push(format!("{} posts, in order: {}", posts.len(), posts.is_sorted()));
        let page = forum::thread("eng-help", thread, None);
        said.push(told("a page", page.map(|it| (it.posts.len() - before, it.more))));
        let rest = forum::thread("eng-help", thread, posts.get(1).copied());
        said.push(told("the rest", rest.map(|it| (it.posts.len(), it.posts[0].body == body, it.more))));
        said.push(told("too much", forum::post("eng-help", thread, &body).map(|_| ())));
        said.push(left("forum.post"));
        said
    }

    /// Posts where a person must agree and nobody is there.
    pub fn ask(thread: u64) -> Vec<String> {
        let missing = told("a thread that is not there", forum::post("eng-help", 999, "hello").map(|_| ()));
        let asked = told("a thread that is", forum::post("eng-help", thread, "hello").map(|_| ()));
        vec![missing, asked, left("forum.post")]
    }

    /// Looks at everything that an invocation can hear of, then posts what time it is and a random number, so many times.
    pub fn recall(thread: u64, posts: u32) -> Vec<String> {
        let mut said = vec![format!("clock {}", milliseconds())];
        said.push(told("list", files::list("runbooks", None).map(listing)));
        said.push(told("read", files::read("runbooks/deploy.md", 0, 1000)));
        said.push(told("missing", files::read("../pay", 0, 1000)));
        said.push(told("threads", forum::threads("eng-help", None).map(|page| page.threads.len())));
        said.push(told("thread", forum::thread("eng-help", thread, None).map(|it| it.posts.len())));
        said.push(format!("{} {} {:?}", context::initiator(), context::agent(), context::meters()));
        for _ in 0..posts {
            let body = format!("posted at {} with {}", milliseconds(), random());
            said.push(body.clone());
            said.push(format!("posted {:?}", forum::post("eng-help", thread, &body).map_err(|it| it.reason)));
        }
        said.push(format!("later {}", milliseconds()));
        said
    }

    fn milliseconds() -> u128 {
        std::time::SystemTime::UNIX_EPOCH.elapsed().map(|it| it.as_millis()).unwrap_or_default()
    }

    /// Each hasher's keys come from the system's randomness.
    fn random() -> u64 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(0)
    }

    /// Opens and closes access.
    pub fn widen() -> Vec<String> {
        let mut said = Vec::new();
        for object in ["scratch", "nowhere", "No Name"] {
            said.push(told("entries", acl::entries(object).map(|it| it.len())));
        }
        for (object, principal, right, seconds) in [
            ("nowhere", "group:web", "read", 60),
            ("No Name", "group:web", "read", 60),
            ("scratch", "Group", "read", 60),
            ("scratch", "group:web", "write", 60),
            ("scratch", "group:web", "read", 7200),
        ] {
            said.push(told(
                &format!("widen {object} {principal} {right} {seconds}"),
                acl::widen(object, principal, right, seconds),
            ));
        }
        let lease = acl::widen("scratch", "group:web", "read", 60).unwrap_or_default();
        let entry = |it: &acl::Entry| (it.principal.clone(), it.right.clone(), it.ends.is_some(), it.lease == Some(lease));
        said.push(told("entries", acl::entries("scratch").map(|it| it.iter().map(entry).collect::<Vec<_>>())));
        said.push(told("end another's", acl::end("nowhere", lease)));
        said.push(told("end", acl::end("scratch", lease)));
        said.push(told("end again", acl::end("scratch", lease)));
        said.push(told("end none", acl::end("scratch", 999_999)));
        said.push(told("entries", acl::entries("scratch").map(|it| it.len())));
        said.push(left("acl.read"));
        said.push(left("acl.write"));
        said.push(format!("{} {}", context::initiator(), context::agent()));
        said
    }

    fn listing(of: files::Listing) -> String {
        let entries: Vec<_> = of.entries.iter().map(|it| format!("{} {:?} {}", it.name, it.kind, it.size)).collect();
        format!("{entries:?} more: {}", of.more)
    }

    fn told(asked: &str, outcome: Result<impl Debug, Refusal>) -> String {
        match outcome {
            Ok(value) => format!("{asked}: {value:?}"),
            Err(refusal) => format!("{asked}: {}.{}", refusal.stage, refusal.reason),
        }
    }

    fn left(grant: &str) -> String {
        let meters: Vec<_> = context::meters().into_iter().filter(|it| it.grant == grant).collect();
        format!("{meters:?}")
    }
}
