//! The guest of the tests: does what it is asked, the hostile things included.

mod hostile;

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "tollgate:probe/guest", generate_all });

use exports::tollgate::probe::probe::{Conversation, Entry, Everything, Guest, Listing, Meter, Page, Refusal};
use tollgate::host::{acl, context, files, forum};

struct Probe;

impl Guest for Probe {
    fn nothing() {}
    fn echo(v: Everything) -> Everything {
        v
    }

    fn files_list(folder: String, after: Option<String>) -> Result<Listing, Refusal> {
        files::list(&folder, after.as_deref())
    }
    fn files_read(path: String, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        files::read(&path, offset, length)
    }
    fn files_write(path: String, contents: Vec<u8>) -> Result<(), Refusal> {
        files::write(&path, &contents)
    }
    fn forum_threads(forum: String, after: Option<u64>) -> Result<Page, Refusal> {
        forum::threads(&forum, after)
    }
    fn forum_thread(forum: String, thread: u64, after: Option<u64>) -> Result<Conversation, Refusal> {
        forum::thread(&forum, thread, after)
    }
    fn forum_post(forum: String, thread: u64, body: String) -> Result<u64, Refusal> {
        forum::post(&forum, thread, &body)
    }
    fn acl_entries(object: String) -> Result<Vec<Entry>, Refusal> {
        acl::entries(&object)
    }
    fn acl_widen(object: String, principal: String, right: String, seconds: u64) -> Result<u64, Refusal> {
        acl::widen(&object, &principal, &right, seconds)
    }
    fn acl_end(object: String, lease: u64) -> Result<(), Refusal> {
        acl::end(&object, lease)
    }
    fn context_initiator() -> String {
        context::initiator()
    }
    fn context_agent() -> String {
        context::agent()
    }
    fn context_meters() -> Vec<Meter> {
        context::meters()
    }

    fn read_many(path: String, times: u32) -> Result<u64, Refusal> {
        (0..times).try_fold(0, |sum, _| Ok(sum + files::read(&path, 0, 1024)?.len() as u64))
    }
    fn read_any(paths: Vec<String>) -> u32 {
        paths.iter().map(|path| u32::from(files::read(path, 0, 64).is_ok())).sum()
    }
    fn write_large(path: String, kib: u32) -> Result<(), Refusal> {
        files::write(&path, "x".repeat(kib as usize * 1024).as_bytes())
    }
    fn post_hidden(forum: String, thread: u64, body: String, times: u32) -> u32 {
        (0..times).map(|_| u32::from(forum::post(&forum, thread, &body).is_ok())).sum()
    }
    fn read_then_post(path: String, forum: String, thread: u64) -> Result<u64, Refusal> {
        let bytes = files::read(&path, 0, 4096)?;
        forum::post(&forum, thread, &String::from_utf8_lossy(&bytes))
    }
    fn read_many_then_post(path: String, times: u32, forum: String, thread: u64, body: String) -> Result<u64, Refusal> {
        Self::read_many(path, times)?;
        forum::post(&forum, thread, &body)
    }

    fn fail(message: String) -> Result<(), String> {
        Err(message)
    }
    fn spin() {
        hostile::spin()
    }
    fn recurse() -> u64 {
        hostile::recurse(1)
    }
    fn grow(mib: u32) -> u64 {
        hostile::grow(mib)
    }
    fn panic() {
        panic!("the probe was asked to panic")
    }
    fn do_exit(code: u8) {
        std::process::exit(i32::from(code))
    }
    fn big_argument(mib: u32) -> bool {
        forum::post("big", 0, &"x".repeat(hostile::bytes(mib))).is_ok()
    }
    fn big_result(mib: u32) -> Vec<u8> {
        vec![b'x'; hostile::bytes(mib)]
    }
    fn flood_stdout(mib: u32) {
        hostile::flood(mib)
    }
    fn host_calls(n: u64) -> u64 {
        (0..n).map(|_| context::agent().len() as u64).sum()
    }
    fn sleep(ms: u64) {
        hostile::sleep(ms)
    }

    fn environment() -> Vec<String> {
        hostile::environment()
    }
    fn try_socket() -> String {
        hostile::try_socket()
    }
    fn try_file(path: String) -> String {
        hostile::try_file(&path)
    }
    fn now() -> u64 {
        hostile::now()
    }
    fn random() -> u64 {
        hostile::random()
    }
    fn say(text: String) {
        hostile::say(&text)
    }
}

export!(Probe);
