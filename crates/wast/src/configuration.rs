//! The configurations that scripts are run in: a mode × a check strategy × an optimisation level, by the names of the
//! command line.

use wootz_engine::{CheckStrategy, Config, Cpu, OptLevel};

/// The check strategies. A new one is a line here.
pub const CHECKS: &[(&str, CheckStrategy)] =
    &[("guard", CheckStrategy::Guard), ("explicit", CheckStrategy::Explicit), ("auto", CheckStrategy::Auto)];

/// The optimisation levels.
pub const LEVELS: &[(&str, OptLevel)] =
    &[("0", OptLevel::O0), ("1", OptLevel::O1), ("2", OptLevel::O2), ("3", OptLevel::O3)];

/// A way to compile and run modules as a whole, as a change of the settings.
pub type Mode = fn(Config) -> Config;

/// The modes. A new one is a line here.
pub const MODES: &[(&str, Mode)] = &[
    ("regular", |config| config),
    ("lazy", |config| config.mode(wootz_engine::Mode::Lazy)),
    // Everything is hot at once: code changes its tier all the time.
    ("lazy-hot", |config| config.mode(wootz_engine::Mode::Lazy).hot(1)),
    ("deterministic", |config| config.deterministic(true)),
    ("baseline", |config| config.cpu(Cpu::Baseline)),
    ("deterministic-baseline", |config| config.cpu(Cpu::Baseline).deterministic(true)),
    (AHEAD, |config| config),
];

/// The mode in which modules are compiled to files, and scripts run in a process without a compiler: see [`apart`](crate::apart).
pub const AHEAD: &str = "aot";

/// One way to run a script.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// For people: `guard -O2`, `baseline explicit -O0`.
    pub name: String,
    /// What an engine is made of.
    pub config: Config,
    /// Whether this is the mode [`AHEAD`].
    pub is_ahead: bool,
}

impl Configuration {
    /// Settings with a mode, a check strategy and a level, out of [`MODES`], [`CHECKS`] and [`LEVELS`]. `None` if there is no
    /// such name.
    pub fn new(base: Config, mode: &str, checks: &str, level: &str) -> Option<Self> {
        let apply = named(MODES, mode)?;
        let config = apply(base.checks(named(CHECKS, checks)?).opt_level(named(LEVELS, level)?));
        let prefix = if mode == "regular" { String::new() } else { format!("{mode} ") };
        Some(Self { name: format!("{prefix}{checks} -O{level}"), config, is_ahead: mode == AHEAD })
    }

    /// All combinations of some modes, strategies and levels, modes outermost.
    ///
    /// # Errors
    /// The first combination that has a name which does not exist, as options of the command line.
    pub fn all<S: AsRef<str>>(
        base: &Config,
        modes: &[S],
        checks: &[S],
        levels: &[S],
    ) -> Result<Vec<Self>, String> {
        let mut all = Vec::with_capacity(modes.len() * checks.len() * levels.len());
        for mode in modes.iter().map(AsRef::as_ref) {
            for checks in checks.iter().map(AsRef::as_ref) {
                for level in levels.iter().map(AsRef::as_ref) {
                    let one = Self::new(base.clone(), mode, checks, level);
                    all.push(one.ok_or_else(|| format!("--mode {mode} --checks {checks} -O {level}"))?);
                }
            }
        }
        Ok(all)
    }
}

fn named<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::{Config, Configuration};

    #[test]
    fn only_known_names_make_a_configuration() {
        let make = |mode, checks, level| Configuration::new(Config::new(), mode, checks, level);
        assert_eq!(make("regular", "auto", "3").unwrap().name, "auto -O3");
        assert_eq!(make("baseline", "guard", "0").unwrap().name, "baseline guard -O0");
        assert!(make("regular", "none", "0").is_none());
        assert!(make("regular", "guard", "9").is_none());
        assert!(make("irregular", "guard", "0").is_none());
    }

    #[test]
    fn all_are_made_in_order_or_none() {
        let all = |modes: &[_], levels: &[_]| Configuration::all(&Config::new(), modes, &["guard"], levels);
        let names = |all: Vec<Configuration>| all.into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(all(&["regular"], &["0", "2"]).unwrap()), ["guard -O0", "guard -O2"]);
        assert_eq!(all(&["regular"], &["0", "x"]).unwrap_err(), "--mode regular --checks guard -O x");
    }
}
