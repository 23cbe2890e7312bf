//! What became of a post to another system: it is asked, or the post is sent again under its key, by the class that both its
//! intent and the system name.

use serde_json::Value;

use super::backend::{Backend, Elsewhere, Finding};
use super::effect::send_again;
use super::post::Post;
use crate::approval::show_name;
use crate::capability::Inquiry;
use crate::gate::{Again, Failed};
use crate::grant::Class;
use crate::journal::{Doubt, Learnt};
use crate::name::ForumName;
use crate::unit::Duration;

/// Finds out about a post; none if it is no post.
pub async fn find_out(inquiry: Inquiry<'_>, backend: &Backend) -> Option<Learnt> {
    let doubt = inquiry.doubt;
    if doubt.function != "forum.post" {
        return None;
    }
    let Some(asked) = Asked::of(doubt) else {
        return Some(Learnt::Unknown("what was to be posted is not kept any more: ask who called the tool".to_owned()));
    };
    let Backend::Elsewhere(away) = backend else {
        let look = look(doubt, &asked);
        return Some(Learnt::Unknown(format!("this program does not reach the system that it was posted to: {look}")));
    };
    let forums = &*away.forums;
    Some(match (doubt.class, forums.finding()) {
        (Class::Queryable, Finding::Queryable { settles }) => ask(&inquiry, asked, forums, settles).await,
        (Class::Keyed, Finding::Keyed { window }) => again(inquiry, asked, backend, (forums, window)).await,
        _ => Learnt::Unknown(look(doubt, &asked)),
    })
}

/// What was to be posted.
struct Asked {
    forum: ForumName,
    thread: u64,
    body: String,
}

impl Asked {
    fn of(doubt: &Doubt) -> Option<Self> {
        let asked: Value = serde_json::from_str(doubt.asked.as_deref()?).ok()?;
        let text = |key: &str| asked[key].as_str().map(str::to_owned);
        Some(Self {
            forum: ForumName::parse(&text("forum")?).ok()?,
            thread: text("thread")?.parse().ok()?,
            body: text("body")?,
        })
    }
}

/// What a person can do.
fn look(doubt: &Doubt, asked: &Asked) -> String {
    let Asked { forum, thread, body } = asked;
    let (forum, bytes, of) = (show_name(forum.as_str()), body.len(), doubt.invocation);
    format!("look in forum {forum}, thread {thread}, for a post of {bytes} bytes whose author names invocation {of}")
}

/// Asks for the post of the key. Nothing was sent after it came into doubt, so that what is not there when that has settled
/// never will be.
async fn ask(inquiry: &Inquiry<'_>, asked: Asked, forums: &dyn Elsewhere, settles: Duration) -> Learnt {
    let doubt = inquiry.doubt;
    match forums.find(asked.forum.clone(), (doubt.invocation, doubt.seq)).await {
        Ok(Some(id)) => Learnt::Done(Some(id)),
        Ok(None) if inquiry.now > doubt.at.after(settles) => Learnt::NotDone,
        Ok(None) => {
            let until = doubt.at.after(settles);
            Learnt::Unknown(format!("it is not there yet, and may still come until {until}: ask again after that"))
        }
        Err(broken) => {
            tracing::warn!(doing = broken.doing, cause = broken.cause, "a forum could not be asked");
            Learnt::Unknown(format!("the forum cannot be asked now; ask again when it can, or {}", look(doubt, &asked)))
        }
    }
}

/// How long the world remembers a freeze that is over: what is older cannot be judged again.
const REMEMBERED: Duration = Duration(86_400_000);

/// Sends it again under its key, if every check is passed again and the key is surely still remembered.
async fn again(
    inquiry: Inquiry<'_>,
    asked: Asked,
    backend: &Backend,
    (forums, window): (&dyn Elsewhere, Duration),
) -> Learnt {
    let doubt = inquiry.doubt;
    let look = look(doubt, &asked);
    let last = doubt.intended.after(window.min(REMEMBERED));
    if inquiry.now.after(forums.patience()) >= last {
        return Learnt::Unknown(format!(
            "the forum may have forgotten its key since {last}, so it is not sent again: {look}"
        ));
    }
    let grounds = match inquiry.grounds {
        Ok(grounds) => grounds,
        Err(why) => return Learnt::Unknown(format!("it is not sent again: {why}; {look}")),
    };
    let post = Post::parse(asked.forum.to_string(), asked.thread, asked.body, backend.clone());
    let permitted = match Again::judge(post, grounds).await {
        Ok(permitted) => permitted,
        Err(refusal) => return Learnt::Unknown(format!("it is not sent again: {}; {look}", refusal.message)),
    };
    match send_again(forums, permitted).await {
        Ok(id) => Learnt::Done(Some(id)),
        Err(Failed::NotDone(refusal)) => Learnt::Unknown(format!(
            "the forum does not take it now: {}; ask again when it does, or {look}",
            refusal.message
        )),
        Err(Failed::InDoubt(why)) => {
            tracing::warn!(why, "a post was sent again, and is still in doubt");
            Learnt::Unknown(format!("it was sent again and is still in doubt; ask again when the forum is well, or {look}"))
        }
    }
}
