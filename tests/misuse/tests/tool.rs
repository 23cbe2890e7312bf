//! What is no tool: each program's `.stderr` shows that every mistake in it is named where it stands.

#[test]
fn what_is_no_tool_is_told_why() {
    tollgate_misuse::none_compiles("tool", 7);
}
