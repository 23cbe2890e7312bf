//! The author's declaration: what a tool may ask for is what it declares and what it is granted, and neither widens the other.

use serde_json::json;

use crate::world::{World, codes, guests};

/// A world with the tool `title`, which declares that it reads runbooks, granted everything that ben may read.
fn world() -> World {
    let world = World::new();
    let manifest = "tollgate = 1\n\n[tool]\ncomponent = \"title.wasm\"\ncallers = [\"group:everyone\"]\nagents = [\"cli\"]\n\n\
                    [grant]\n\"files.read\" = { paths = [\"**\"], wide = true, calls = 1000, bytes = \"1 MiB\" }\n";
    world.write("tools/title.toml", manifest);
    std::fs::copy(guests().fixtures.join("before.wasm"), world.path("tools/title.wasm")).expect("a guest");
    world.done(&["pin", "title"]);
    world
}

#[test]
fn a_grant_opens_no_more_than_the_tool_declares() {
    let world = world();
    let title = |path: &str| world.call("title.title", &json!({ "path": path }));
    assert_eq!(title("runbooks/deploy.md")["value"], "Deploying");
    let report = title("scratch/note.txt");
    assert_eq!(report["outcome"], "refused", "granted, and ben's own: {report}");
    assert_eq!(codes(&report), ["cover.not-granted"]);
    let refusal = report["refusals"][0].to_string();
    assert!(refusal.contains("declaration") && refusal.contains("author"), "{refusal}");
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    let probe = json!({ "path": "scratch/note.txt", "offset": "0", "length": 6 });
    world.edit("runbooks/**", "scratch/**");
    assert_eq!(world.call("probe.files-read", &probe)["outcome"], "returned", "a tool that declares nothing may");
}

#[test]
fn a_declaration_opens_nothing_that_is_not_granted() {
    let world = world();
    let text = world.read("tools/title.toml");
    let narrowed = text.replace("paths = [\"**\"], wide = true", "paths = [\"scratch/**\"]");
    world.write("tools/title.toml", &narrowed);
    let report = world.call("title.title", &json!({ "path": "runbooks/deploy.md" }));
    assert_eq!(codes(&report), ["cover.not-granted"]);
    assert!(report["refusals"][0]["change"].as_str().expect("a change").contains("operator"), "{report}");
}

#[test]
fn explain_blames_the_declaration_and_suggests_no_line() {
    let world = world();
    let ran = world.tollgate(&["-o", "json", "explain", "title", "files.read", "path=scratch/note.txt"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let said = ran.json();
    assert_eq!(said["add"], json!(null), "no line of the manifest would change it: {said}");
    assert!(said["steps"].to_string().contains("declaration"), "{said}");
    let ran = world.tollgate(&[
        "-o",
        "json",
        "explain",
        "title",
        "acl.widen",
        "object=scratch",
        "principal=group:web",
        "right=read",
    ]);
    assert_eq!(ran.json()["add"]["file"], "tools/title.toml", "what no manifest line grants has one suggested: {ran:?}");
}
