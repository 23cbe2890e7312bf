//! Tables as Markdown.
