//! The company: people, groups, who joins what during the day, objects with their ceilings, files and forums.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Minute;
use crate::crowd::{Crowd, PEOPLE, Person};
use crate::stream::Stream;

/// A group of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// People whose number leaves this rest by 20.
    Team(u16),
    /// Four teams.
    Org(u16),
    /// All orgs.
    Everyone,
    /// Another name for everyone, which nobody remembers.
    Legacy,
    /// Teams, people and perhaps another project.
    Project(u16),
}

const TEAMS: u16 = 20;
const ORGS: u16 = 5;
const PROJECTS: u16 = 30;
/// How many compartments there are: payments, salaries and the like.
pub const COMPARTMENTS: u16 = 6;

impl Group {
    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Team(number) => format!("team-{number}"),
            Self::Org(number) => format!("org-{number}"),
            Self::Everyone => "everyone".to_owned(),
            Self::Legacy => "legacy-readers".to_owned(),
            Self::Project(number) => format!("proj-{number}"),
        }
    }

    /// All of them, in the order in which the world is written.
    pub fn all() -> impl Iterator<Item = Self> {
        let first = (0..TEAMS).map(Self::Team).chain((0..ORGS).map(Self::Org)).chain([Self::Everyone, Self::Legacy]);
        first.chain((0..PROJECTS).map(Self::Project))
    }

    fn place(self) -> usize {
        usize::from(match self {
            Self::Team(number) => number,
            Self::Org(number) => TEAMS + number,
            Self::Everyone => TEAMS + ORGS,
            Self::Legacy => TEAMS + ORGS + 1,
            Self::Project(number) => TEAMS + ORGS + 2 + number,
        })
    }
}

/// Who is in a group, or gains something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// One person.
    Person(Person),
    /// A group, and all within it.
    Group(Group),
}

impl Principal {
    /// As it stands in an access list: `p7` or a group's name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Person(person) => format!("p{person}"),
            Self::Group(group) => group.name(),
        }
    }

    fn written(self) -> Value {
        match self {
            Self::Person(person) => json!(person),
            Self::Group(group) => json!(group.name()),
        }
    }
}

/// Whose data an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everybody's.
    General,
    /// An org's.
    Org(u16),
    /// Of those who are cleared for a compartment.
    Compartment(u16),
}

/// Somebody becomes a member of a project during the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Join {
    /// From this minute on.
    pub minute: Minute,
    /// Which of the joins it was when drawn.
    pub index: u16,
    /// The project.
    pub project: u16,
    /// The person.
    pub person: Person,
}

/// The company of one seed.
#[derive(Debug)]
pub struct World {
    /// Which one.
    pub seed: u32,
    /// Who is cleared for each compartment.
    pub cleared: Vec<Crowd>,
    /// The members of each group at minute 0, in the order of `Group::all`.
    pub members: Vec<Vec<Principal>>,
    /// In order of time.
    pub joins: Vec<Join>,
    /// The objects.
    pub objects: Vec<Kind>,
    /// The object that each file belongs to.
    pub files: Vec<u16>,
    /// Who reads each forum.
    pub forums: Vec<Group>,
    /// Everybody in each group before the first join, and from each join on.
    closures: Vec<Vec<Crowd>>,
}

impl World {
    /// The company of a seed.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let mut objects = Stream::named(seed, "obj");
        let mut files = Stream::named(seed, "file");
        let mut world = Self {
            seed,
            cleared: clearances(seed),
            members: members(seed),
            joins: joins(seed),
            objects: (0..200).map(|_| object(&mut objects)).collect(),
            files: (0..1000).map(|_| files.below(200)).collect(),
            forums: std::iter::once(Group::Everyone)
                .chain((0..TEAMS).map(Group::Team))
                .chain((0..19).map(Group::Project))
                .collect(),
            closures: Vec::new(),
        };
        world.closures = (0..=world.joins.len()).map(|joined| world.closure(joined)).collect();
        world
    }

    /// Everybody in a group at a minute, through all groups within it.
    #[must_use]
    pub fn audience(&self, group: Group, minute: Minute) -> Crowd {
        let joined = self.joins.partition_point(|join| join.minute <= minute);
        self.closures[joined][group.place()]
    }

    /// Whom a principal stands for at a minute.
    #[must_use]
    pub fn people(&self, principal: Principal, minute: Minute) -> Crowd {
        match principal {
            Principal::Person(person) => [person].into_iter().collect(),
            Principal::Group(group) => self.audience(group, minute),
        }
    }

    /// Who may ever be given an object.
    #[must_use]
    pub fn ceiling(&self, object: u16) -> Crowd {
        match self.objects[usize::from(object)] {
            Kind::General => self.audience(Group::Everyone, 0),
            Kind::Org(org) => self.audience(Group::Org(org), 0),
            Kind::Compartment(compartment) => self.cleared[usize::from(compartment)],
        }
    }

    /// The one group in an object's access list at minute 0.
    #[must_use]
    pub fn first_list(&self, object: u16) -> Group {
        match self.objects[usize::from(object)] {
            Kind::General => Group::Everyone,
            Kind::Org(org) => Group::Org(org),
            Kind::Compartment(compartment) => Group::Team(compartment),
        }
    }

    /// Who can read an object at minute 0.
    #[must_use]
    pub fn first_readers(&self, object: u16) -> Crowd {
        self.audience(self.first_list(object), 0)
    }

    /// Who owns an object.
    #[must_use]
    pub fn owner(&self, object: u16) -> Person {
        match self.objects[usize::from(object)] {
            Kind::General => 0,
            Kind::Org(org) => 4 * org,
            Kind::Compartment(compartment) => compartment,
        }
    }

    /// The objects of compartments, with the compartment of each.
    #[must_use]
    pub fn compartments(&self) -> Vec<(u16, u16)> {
        let of = |(at, kind): (usize, &Kind)| match kind {
            Kind::Compartment(compartment) => Some((at as u16, *compartment)),
            Kind::General | Kind::Org(_) => None,
        };
        self.objects.iter().enumerate().filter_map(of).collect()
    }

    /// The first 16 digits of the digest over everything in it.
    #[must_use]
    pub fn digest(&self) -> String {
        let clr: Vec<Vec<Person>> = self.cleared.iter().map(|crowd| crowd.iter().collect()).collect();
        let groups: Vec<Value> = Group::all()
            .zip(&self.members)
            .map(|(group, members)| json!([group.name(), members.iter().map(|it| it.written()).collect::<Vec<_>>()]))
            .collect();
        let joins: Vec<[u16; 4]> = self.joins.iter().map(|it| [it.minute, it.index, it.project, it.person]).collect();
        let objects: Vec<(&str, u16)> = self
            .objects
            .iter()
            .map(|kind| match kind {
                Kind::General => ("general", 0),
                Kind::Org(org) => ("org", *org),
                Kind::Compartment(compartment) => ("comp", *compartment),
            })
            .collect();
        let forums: Vec<String> = self.forums.iter().map(|group| group.name()).collect();
        let text = format!(
            "{{\"clr\":{},\"groups\":{},\"joins\":{},\"objects\":{},\"files\":{},\"forums\":{}}}",
            json!(clr),
            json!(groups),
            json!(joins),
            json!(objects),
            json!(self.files),
            json!(forums)
        );
        short(&text)
    }

    fn closure(&self, joined: usize) -> Vec<Crowd> {
        let mut known: Vec<Option<Crowd>> = vec![None; self.members.len()];
        // A project holds teams, people and earlier projects; only project 7 holds what stands after the teams. No cycles.
        Group::all().map(|group| self.within(group, joined, &mut known)).collect()
    }

    fn within(&self, group: Group, joined: usize, known: &mut [Option<Crowd>]) -> Crowd {
        if let Some(crowd) = known[group.place()] {
            return crowd;
        }
        let mut crowd = Crowd::default();
        for member in &self.members[group.place()] {
            match *member {
                Principal::Person(person) => crowd.add(person),
                Principal::Group(inner) => crowd = crowd.or(self.within(inner, joined, known)),
            }
        }
        for join in &self.joins[..joined] {
            if Group::Project(join.project) == group {
                crowd.add(join.person);
            }
        }
        known[group.place()] = Some(crowd);
        crowd
    }
}

/// The first 16 digits of a text's digest.
#[must_use]
pub fn short(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn clearances(seed: u32) -> Vec<Crowd> {
    let mut stream = Stream::named(seed, "clear");
    let mut cleared = vec![Crowd::default(); usize::from(COMPARTMENTS)];
    for person in 0..PEOPLE {
        for compartment in 0..COMPARTMENTS {
            // Drawn for members of the team too, so that every person takes as many draws.
            let drawn = stream.chance(8);
            if drawn || person % TEAMS == compartment {
                cleared[usize::from(compartment)].add(person);
            }
        }
    }
    cleared
}

fn members(seed: u32) -> Vec<Vec<Principal>> {
    let mut stream = Stream::named(seed, "proj");
    let groups = |all: Vec<u16>, kind: fn(u16) -> Group| all.into_iter().map(move |it| Principal::Group(kind(it)));
    let people = |all: Vec<u16>| all.into_iter().map(Principal::Person);
    let mut members: Vec<Vec<Principal>> = Vec::new();
    members.extend((0..TEAMS).map(|team| people((0..PEOPLE).filter(|it| it % TEAMS == team).collect()).collect()));
    members.extend((0..ORGS).map(|org| groups((4 * org..4 * org + 4).collect(), Group::Team).collect()));
    members.push(groups((0..ORGS).collect(), Group::Org).collect());
    members.push(vec![Principal::Group(Group::Everyone)]);
    for project in 0..PROJECTS {
        let count = 1 + stream.below(3);
        let teams = stream.distinct(usize::from(count), TEAMS);
        let nested = stream.chance(30) && project > 0;
        let nested = nested.then(|| stream.below(project));
        let count = stream.below(9);
        let single = stream.distinct(usize::from(count), PEOPLE);
        // Project 7 is the misconfiguration that nobody watches: it looks like nine people, and has everybody.
        members.push(if project == 7 {
            people(stream.distinct(9, PEOPLE)).chain([Principal::Group(Group::Legacy)]).collect()
        } else {
            groups(teams, Group::Team)
                .chain(groups(nested.into_iter().collect(), Group::Project))
                .chain(people(single))
                .collect()
        });
    }
    members
}

fn joins(seed: u32) -> Vec<Join> {
    let mut stream = Stream::named(seed, "join");
    let mut joins: Vec<Join> = (0..20)
        .map(|index| {
            let minute = 540 + stream.below(540);
            let project = stream.below(PROJECTS);
            Join { minute, index, project, person: stream.below(PEOPLE) }
        })
        .collect();
    joins.sort();
    joins
}

fn object(stream: &mut Stream) -> Kind {
    match stream.below(100) {
        0..40 => Kind::General,
        40..70 => Kind::Org(stream.below(ORGS)),
        _ => Kind::Compartment(stream.below(COMPARTMENTS)),
    }
}
