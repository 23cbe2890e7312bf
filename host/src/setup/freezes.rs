//! What a freeze is about, as far as the workspace knows names.

use super::workspace::Workspace;
use crate::capability::functions;
use crate::freeze::Scope;
use crate::name::AgentName;
use crate::people::Directory;

impl Workspace {
    /// What to say when nothing is called like what was frozen. Said after it: a name that comes later is frozen too.
    #[must_use]
    pub fn stops_nothing(&self, directory: &Directory, scope: &Scope) -> Option<String> {
        let tools = || self.tools().unwrap_or_default();
        let takes = |agent: &AgentName| {
            let manifests = tools().into_iter().filter_map(|tool| self.manifest(&tool).ok());
            agent.as_str() == "cli" || manifests.into_iter().any(|manifest| manifest.agents.contains(agent))
        };
        let is_used = |name: &str| functions().iter().any(|it| *it == name || it.split('.').next() == Some(name));
        let (known, help) = match scope {
            Scope::Everything => (true, String::new()),
            Scope::Tool(tool) => (tools().contains(tool), "`tollgate tools` lists tools".to_owned()),
            Scope::Agent(agent) => (takes(agent), "no manifest takes calls through it".to_owned()),
            Scope::Person(person) => {
                (directory.people.contains_key(person), "`tollgate world show` lists people".to_owned())
            }
            Scope::Capability(name) => (is_used(name.as_str()), format!("there are {}", functions().join(", "))),
        };
        (!known).then(|| format!("no {} here is called `{}`, so this stops nothing now: {help}", scope.word(), scope.name()))
    }
}
