//! A guest of the tests: version 1.0 of a tool that is updated; `after` is version 1.1.

/// Reads the title of a document.
#[tollgate_sdk::tool("files.read" = { paths = ["runbooks/**"], calls = 10, bytes = "64 KiB" })]
pub mod title {
    use tollgate_sdk::{Refusal, files};

    /// The first line of a document, without its marks.
    pub fn title(
        /// The document, from the workspace's files root.
        path: &str,
    ) -> Result<String, Refusal> {
        let bytes = files::read(path, 0, 4096)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']).to_owned())
    }
}
