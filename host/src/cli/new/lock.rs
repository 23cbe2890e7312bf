//! The tool's `Cargo.lock`: the versions of this repository, and of those only what a tool needs.

/// As cargo cuts it down from the repository's for the template; a test holds the two together.
const LOCK: &str = include_str!("../../../template/tool.Cargo.lock");

/// The template's name in it.
const PLACEHOLDER: &str = "name = \"new-tool\"\n";

const SEPARATOR: &str = "\n[[package]]\n";

/// A lock and the crates of the registry that it names.
pub struct Lock {
    pub text: String,
    /// `NAME-VERSION`, as cargo's folders call them.
    pub crates: Vec<String>,
}

/// The lock of the tool `name`.
pub fn of(name: &str) -> Lock {
    let (head, packages) = parts();
    let own = format!("name = \"{name}\"\n");
    let mut packages: Vec<String> = packages.into_iter().map(|package| package.replace(PLACEHOLDER, &own)).collect();
    // Cargo writes packages in the order of their names, and takes any other order for another lock.
    packages.sort_by(|a, b| key(a).cmp(&key(b)));
    let crates =
        packages.iter().filter(|package| package.contains("\nsource = ")).map(|it| format!("{}-{}", key(it).0, key(it).1));
    let crates = crates.collect();
    let text = packages.iter().fold(head.to_owned(), |text, package| text + SEPARATOR + package.trim_end() + "\n");
    Lock { text, crates }
}

/// Whether a tool needs a crate of this name.
pub fn is_needed(name: &str) -> bool {
    parts().1.iter().any(|package| key(package).0 == name && !package.contains(PLACEHOLDER))
}

fn parts() -> (&'static str, Vec<&'static str>) {
    let mut parts = LOCK.split(SEPARATOR);
    (parts.next().unwrap_or_default(), parts.collect())
}

/// Name and version of a package.
fn key(package: &str) -> (&str, &str) {
    let value = |key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key));
        line.map(|rest| rest.trim_matches(['=', ' ', '"'])).unwrap_or_default()
    };
    (value("name"), value("version"))
}
