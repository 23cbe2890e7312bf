//! A guest that does the steps it is handed: what a tool and its agent may do with what they read, drawn by a search.

pub mod steps;

/// Does steps with what is remembered, and gives back what is remembered then.
#[tollgate_sdk::tool]
pub mod errand {
    use tollgate_sdk::{Refusal, acl, files, forum};

    use crate::steps::{Ask, Errand, Told, refused, words};

    /// Does `steps`, each as [`crate::steps::Step`] prints it, with `memory`; a refusal is an answer like any other.
    pub fn run(steps: Vec<String>, memory: Vec<String>) -> Result<Vec<String>, String> {
        let mut errand = Errand::new(&steps, memory)?;
        while let Some(ask) = errand.next_ask() {
            let told = answer(&ask).unwrap_or_else(|no| refused(&no.stage, &no.reason));
            errand.told(told);
        }
        Ok(errand.memory)
    }

    fn answer(ask: &Ask) -> Result<Told, Refusal> {
        Ok(match ask {
            Ask::Read(path) => Told::text(&String::from_utf8_lossy(&files::read(path, 0, 256)?)),
            Ask::List(folder) => {
                words(files::list(folder, None)?.entries.iter().map(|it| format!("{}:{}", it.name, it.size)))
            }
            Ask::Threads(forum) => {
                words(forum::threads(forum, None)?.threads.iter().map(|it| format!("{}:{}", it.title, it.posts)))
            }
            Ask::Thread(forum, thread) => words(forum::thread(forum, *thread, None)?.posts.into_iter().map(|it| it.body)),
            Ask::Entries(object) => words(acl::entries(object)?.iter().map(|it| format!("{}:{}", it.principal, it.right))),
            Ask::Post(forum, thread, body) => forum::post(forum, *thread, body).map(|_| Told::text("posted"))?,
            Ask::Write(path, contents) => files::write(path, contents.as_bytes()).map(|()| Told::text("written"))?,
            Ask::Widen(object, principal) => Told::Lease(acl::widen(object, principal, "read", 60)?),
            Ask::End(object, lease) => acl::end(object, *lease).map(|()| Told::text("ended"))?,
        })
    }
}
