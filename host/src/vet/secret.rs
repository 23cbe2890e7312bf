//! Formats of secrets that can be told by their form: tokens of well-known services, keys, password hashes.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::bytes::Regex;

use super::check;

/// A format, ready to be looked for.
#[derive(Debug)]
pub struct Format {
    /// What it is.
    pub what: &'static str,
    /// With what it begins; letters in any case, the pattern decides.
    pub anchors: &'static [&'static str],
    form: Regex,
    long: bool,
    sure: fn(&[u8]) -> bool,
}

/// Most bytes of a web token, and of a private key to its last line.
const LONGEST: usize = 16 << 10;

/// Most bytes of any other secret; what is longer is found by its beginning.
const SHORT: usize = 1 << 10;

/// What it is, with what it begins, its form, and what its form cannot say.
type Row = (&'static str, &'static [&'static str], &'static str, fn(&[u8]) -> bool);

const ROWS: &[Row] = &[
    // Checksums and structure.
    ("GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "gh[pousr]_[0-9A-Za-z]{36}", check::crc62),
    ("npm token", &["npm_"], "npm_[0-9A-Za-z]{36}", check::crc62),
    ("age secret key", &["AGE-SECRET-KEY-1"], "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", check::bech32),
    ("JSON web token", &["eyJ"], r"eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*", web_token),
    // Prefixes that nothing else has.
    ("GitHub token", &["github_pat_"], "github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}", even),
    (
        "GitLab token",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glsoat-"],
        "gl(?:pat|dt|rt|ptt|soat)-[0-9A-Za-z_-]{20,}(?:\\.[0-9a-z]{2,9}){0,2}",
        even,
    ),
    ("AWS access key", &["AKIA", "ASIA"], "A[KS]IA[A-Z2-7]{16}", aws),
    ("Google API key", &["AIza"], "AIza[0-9A-Za-z_-]{35}", even),
    ("Google client secret", &["GOCSPX-"], "GOCSPX-[0-9A-Za-z_-]{28}", even),
    ("Slack token", &["xox"], "xox[abeoprs](?:-[0-9]{8,15}){1,3}-[0-9A-Za-z]{16,64}", even),
    ("Slack token", &["xapp-"], "xapp-[0-9]-[0-9A-Z]{8,}-[0-9]{10,}-[0-9a-f]{32,}", even),
    (
        "Slack webhook",
        &["hooks.slack.com/"],
        "hooks\\.slack\\.com/(?:services|workflows)/T[0-9A-Z]{6,}/[0-9A-Z]{6,}/[0-9A-Za-z/]{16,}",
        even,
    ),
    ("Stripe key", &["sk_live_", "rk_live_", "sk_test_", "rk_test_"], "[rs]k_(?:live|test)_[0-9A-Za-z]{16,}", even),
    ("webhook secret", &["whsec_"], "whsec_[0-9A-Za-z+/]{32,}={0,2}", even),
    ("OpenAI key", &["sk-proj-", "sk-svcacct-", "sk-admin-"], "sk-(?:proj|svcacct|admin)-[0-9A-Za-z_-]{40,}", even),
    ("Anthropic key", &["sk-ant-"], "sk-ant-[a-z]+[0-9]{2}-[0-9A-Za-z_-]{40,}", even),
    ("Hugging Face token", &["hf_"], "hf_[A-Za-z]{34}", even),
    ("DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], "do[opr]_v1_[0-9a-f]{64}", even),
    ("SendGrid key", &["SG."], "SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}", even),
    ("Shopify token", &["shpat_", "shpss_", "shpca_", "shppa_"], "shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}", even),
    ("Databricks token", &["dapi"], "dapi[0-9a-f]{32}(?:-[0-9])?", even),
    ("Vault token", &["hvs.", "hvb."], "hv[bs]\\.[0-9A-Za-z_-]{24,}", even),
    ("Grafana token", &["glsa_"], "glsa_[0-9A-Za-z]{32}_[0-9a-f]{8}", even),
    ("PyPI token", &["pypi-AgEI"], "pypi-AgEI[0-9A-Za-z_-]{60,}", even),
    ("crates.io token", &["cio"], "cio[0-9A-Za-z]{32}", check::drawn),
    ("Atlassian token", &["ATATT3"], "ATATT3[0-9A-Za-z_=-]{180,}", even),
    ("Linear key", &["lin_api_"], "lin_api_[0-9A-Za-z]{40}", even),
    ("Postman key", &["PMAK-"], "PMAK-[0-9a-f]{24}-[0-9a-f]{34}", even),
    ("Azure storage key", &["AccountKey="], "AccountKey=[0-9A-Za-z+/]{86}==", even),
    // Keys and hashes.
    ("private key", &["-----BEGIN "], PRIVATE_KEY, any),
    ("private key", &["PuTTY-User-Key-File-"], "PuTTY-User-Key-File-[23]: [a-z0-9-]{4,}", any),
    ("password hash", &["$2a$", "$2b$", "$2y$"], "\\$2[aby]\\$[0-9]{2}\\$[./0-9A-Za-z]{53}", even),
    (
        "password hash",
        &["$argon2"],
        "\\$argon2(?:id|i|d)\\$v=[0-9]+\\$[a-z0-9=,]+\\$[0-9A-Za-z+/]{11,}\\$[0-9A-Za-z+/]{16,}",
        any,
    ),
    (
        "password hash",
        &["$5$", "$6$", "$y$"],
        "\\$[56y]\\$(?:[0-9a-zA-Z=./]{1,20}\\$)?[./0-9A-Za-z]{1,24}\\$[./0-9A-Za-z]{43,86}",
        even,
    ),
];

/// The label, headers if there are some, and a first line of base64; line ends may be written as in JSON.
const PRIVATE_KEY: &str = r"-----BEGIN (?:[0-9A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nrt]|[0-9A-Za-z-]{3,20}: [^\n\\]{0,80}[\n\\])*[0-9A-Za-z+/]{16,}";

/// Every format.
///
/// # Errors
/// When a form is none.
pub fn formats() -> Result<Vec<Format>, String> {
    let made = |&(what, anchors, form, sure): &Row| {
        let form = Regex::new(&format!(r"\A(?-u:{form})")).map_err(|e| e.to_string())?;
        Ok(Format { what, anchors, form, long: anchors.contains(&"eyJ"), sure })
    };
    ROWS.iter().map(made).collect()
}

/// The forms, as a plain scan would look for them.
pub fn plain() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.2)
}

impl Format {
    /// What of this form begins at `at`, with where it stands, if it is surely a secret; and where the next may begin.
    pub fn at(&self, text: &[u8], at: usize) -> Option<(Option<Range<usize>>, usize)> {
        let joined = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        // What begins with a letter begins a word; a web token also has `-` within, and may be long.
        let word = self.anchors[0].starts_with(|c: char| c.is_ascii_alphanumeric());
        if word && (joined(before) || self.long && before == Some(&b'-')) {
            return None;
        }
        let window = &text[at..text.len().min(at + if self.long { LONGEST } else { SHORT })];
        let end = at + self.form.find(window)?.end();
        let sure = !joined(text.get(end)) && (self.sure)(&text[at..end]);
        let end = end.max(ending(text, at));
        Some((sure.then_some(at..end), end))
    }
}

/// Where a private key ends, if one begins at `at` and its last line is near.
fn ending(text: &[u8], at: usize) -> usize {
    const LAST: &[u8] = b"-----END ";
    let window = &text[at..text.len().min(at + LONGEST)];
    if !window.starts_with(b"-----BEGIN") {
        return at;
    }
    let last = window.windows(LAST.len()).position(|bytes| bytes == LAST);
    let closed = last.and_then(|last| {
        let label = &window[last + LAST.len()..];
        Some(last + LAST.len() + label.windows(5).take(60).position(|bytes| bytes == b"-----")? + 5)
    });
    closed.map_or(at, |length| at + length)
}

fn any(_: &[u8]) -> bool {
    true
}

/// Neither `xxxxxxxx` nor `EXAMPLE`: what documents show in place of a secret.
fn even(found: &[u8]) -> bool {
    let tail = &found[found.len() / 4..];
    check::entropy(tail) >= 2.8 && !found.windows(7).any(|bytes| bytes.eq_ignore_ascii_case(b"EXAMPLE"))
}

fn aws(found: &[u8]) -> bool {
    // Letters alone spell: no lot of sixteen leaves out all six digits more often than once in thirty.
    even(found) && found.iter().any(u8::is_ascii_digit)
}

/// A header that is JSON and names its algorithm, and claims that are JSON.
fn web_token(found: &[u8]) -> bool {
    let mut parts = found.split(|byte| *byte == b'.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).ok()
    });
    let header = parts.next().flatten();
    header.is_some_and(|header| header.get("alg").is_some())
        && parts.next().flatten().is_some_and(|claims| claims.is_object())
}
