//! The tool `new-tool`: the headings of a document, with their lines.

/// Shows how a document is built without handing out its text.
#[tollgate_sdk::tool(
    // What it needs at most, in the words of a manifest: an operator may grant less, and nothing beyond it.
    "files.read" = { paths = ["**"], calls = 64, bytes = "16 MiB" },
)]
pub mod new_tool {
    use tollgate_sdk::{Refusal, files};

    /// The most that the host hands out at once, in bytes.
    const PART: u32 = 1 << 20;

    /// A heading of a Markdown document.
    #[derive(Debug, PartialEq)]
    pub struct Heading {
        /// From 1, the title, to 6.
        pub level: u8,
        /// The line it stands in, from 1.
        pub line: u32,
        /// Its words, without the marks.
        pub text: String,
    }

    /// Lists the headings of a Markdown document, in their order.
    ///
    /// Fails with the host's refusal where the document may not be read.
    pub fn outline(
        /// Where it is, from the workspace's files root: `runbooks/welcome.md`.
        path: &str,
    ) -> Result<Vec<Heading>, Refusal> {
        let mut headings = Vec::new();
        let mut fenced = false;
        for (line, text) in (1..).zip(read(path)?.lines()) {
            if text.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            let words = text.trim_start_matches('#');
            let level = text.len() - words.len();
            if !fenced && (1..=6).contains(&level) && words.starts_with(' ') {
                headings.push(Heading { level: level as u8, line, text: words.trim().to_owned() });
            }
        }
        Ok(headings)
    }

    /// The whole text, part after part.
    fn read(path: &str) -> Result<String, Refusal> {
        let mut bytes = Vec::new();
        loop {
            let part = files::read(path, bytes.len() as u64, PART)?;
            let last = part.len() < PART as usize;
            bytes.extend(part);
            if last {
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate_sdk::test::World;

    use super::new_tool::{Heading, outline};

    #[test]
    fn headings_are_listed_with_their_lines() {
        let world = World::new();
        world.file("runbooks/deploy.md", "# Deploying\n\n```\n# a comment\n```\n\n## Rolling back\n");
        let _here = world.install();
        let heading = |level, line, text: &str| Heading { level, line, text: text.to_owned() };
        let expected = [heading(1, 1, "Deploying"), heading(2, 7, "Rolling back")];
        assert_eq!(outline("runbooks/deploy.md").expect("an outline"), expected);
    }

    #[test]
    fn what_may_not_be_read_is_passed_on() {
        let world = World::new();
        world.file("pay/ledger.md", "# Ledger\n");
        world.refuse_about("files.read", "pay/ledger.md", "cover.not-granted");
        let _here = world.install();
        let refusal = outline("pay/ledger.md").expect_err("a refusal");
        assert_eq!((refusal.stage.as_str(), refusal.reason.as_str()), ("cover", "not-granted"));
    }
}
