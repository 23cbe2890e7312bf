//! Words as they are compared: in lower case, without their endings. `restarting` and `Restarts` are both `restart`.

/// Too common to tell one passage from another.
const COMMON: &[&str] = &[
    "a", "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "get", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it",
    "its", "me", "my", "no", "not", "of", "on", "or", "our", "should", "so", "that", "the", "their", "them", "then",
    "there", "these", "they", "this", "to", "up", "was", "we", "were", "what", "when", "where", "which", "who", "why",
    "will", "with", "would", "you", "your",
];

/// Questions may be long; beyond this many different words nothing is gained.
const MOST: usize = 24;

/// The different words of a question that say something.
pub fn of_question(question: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    let mut word = String::new();
    for raw in raw(question) {
        lower(raw, &mut word);
        if COMMON.contains(&word.as_str()) {
            continue;
        }
        stem(&mut word);
        if !terms.contains(&word) && terms.len() < MOST {
            terms.push(word.clone());
        }
    }
    terms
}

/// The words of `text` as they stand.
pub fn raw(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Writes `raw` in lower case to `word`, whose memory is used again.
pub fn lower(raw: &str, word: &mut String) {
    word.clear();
    if raw.is_ascii() {
        word.push_str(raw);
        word.make_ascii_lowercase();
    } else {
        word.extend(raw.chars().flat_map(char::to_lowercase));
    }
}

/// Takes the ending from `word`, which is in lower case. A light cut: what it does to both sides alike is right enough.
pub fn stem(word: &mut String) {
    if word.len() < 4 || !word.is_ascii() {
        return;
    }
    if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        word.pop();
        if word.ends_with("sse") || word.ends_with("xe") || word.ends_with("che") || word.ends_with("she") {
            word.pop();
        }
        if word.ends_with("ie") {
            word.pop();
        }
    }
    for ending in ["ing", "ed"] {
        let kept = word.len().saturating_sub(ending.len());
        if kept >= 3 && word.ends_with(ending) {
            word.truncate(kept);
            single(word);
            break;
        }
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
    if word.len() > 2 && word.ends_with('y') {
        word.pop();
        word.push('i');
    }
}

/// `stopp` to `stop`, but `call` and `pass` stay.
fn single(word: &mut String) {
    let mut last = word.bytes().rev();
    if let (Some(a), Some(b)) = (last.next(), last.next())
        && a == b
        && !b"lszaeiou".contains(&a)
    {
        word.pop();
    }
}
