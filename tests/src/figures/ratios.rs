//! Ratios to native speed, to be kept and to be compared with later: whether something has become slower, on whatever machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::geometric_mean;

/// How much larger a mean may be than it was: a mean of alternated runs is good to 5 %.
const MEAN: f64 = 1.10;
/// How much larger a single ratio may be: these are good to 15 %.
const SINGLE: f64 = 1.35;

/// Run time ÷ native run time, by what runs and how: `kernels, plain` → `guard, exact` → `gemm`.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Ratios(BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>);

impl Ratios {
    /// Notes a ratio.
    pub fn add(&mut self, set: &str, mode: &str, program: &str, ratio: f64) {
        let modes = self.0.entry(set.to_owned()).or_default();
        modes.entry(mode.to_owned()).or_default().insert(program.to_owned(), ratio);
    }

    /// The geometric mean of a set in a mode, and the program that is slowest there.
    pub fn summary(&self, set: &str, mode: &str) -> Option<(f64, &str, f64)> {
        let programs = self.0.get(set)?.get(mode)?;
        let (worst, ratio) = programs.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        Some((geometric_mean(programs.values().copied()), worst, *ratio))
    }

    /// What has become slower since `before`, one line for each; what only one of the two has is not compared.
    pub fn slower_than(&self, before: &Self) -> Vec<String> {
        let mut slower = Vec::new();
        let mut compare = |what: String, now: f64, then: f64, limit: f64| {
            if now > then * limit {
                slower.push(format!("{what}: {now:.2} times native, it was {then:.2}"));
            }
        };
        for (set, modes) in &self.0 {
            for (mode, programs) in modes {
                let Some(then) = before.0.get(set).and_then(|modes| modes.get(mode)) else { continue };
                let both: Vec<_> =
                    programs.iter().filter_map(|(name, now)| Some((name, *now, *then.get(name)?))).collect();
                for (name, now, then) in &both {
                    compare(format!("{set}, {mode}: {name}"), *now, *then, SINGLE);
                }
                if !both.is_empty() {
                    let [now, then] = [|pair: &(_, f64, f64)| pair.1, |pair: &(_, f64, f64)| pair.2]
                        .map(|which| geometric_mean(both.iter().map(which)));
                    compare(format!("{set}, {mode}: the mean"), now, then, MEAN);
                }
            }
        }
        slower
    }

    /// Reads a file that [`write`](Self::write) made.
    ///
    /// # Errors
    /// If it cannot be read or is something else.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        Ok(Self(serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?))
    }

    /// Writes them, to two decimals.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let mut rounded = self.0.clone();
        let ratios = rounded.values_mut().flat_map(BTreeMap::values_mut).flat_map(BTreeMap::values_mut);
        ratios.for_each(|ratio| *ratio = (*ratio * 100.0).round() / 100.0);
        let text = serde_json::to_string_pretty(&rounded)? + "\n";
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Ratios;

    fn ratios(figures: &[(&str, f64)]) -> Ratios {
        let mut ratios = Ratios::default();
        for (program, ratio) in figures {
            ratios.add("set", "mode", program, *ratio);
        }
        ratios
    }

    #[test]
    fn what_has_become_slower_is_told() {
        let before = ratios(&[("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 1.0)]);
        let none: [String; 0] = [];
        let same = ratios(&[("a", 1.3), ("b", 1.0), ("c", 1.0), ("d", 1.0), ("new", 9.0)]);
        assert_eq!(same.slower_than(&before), none);
        let one = ratios(&[("a", 1.4), ("b", 1.0), ("c", 1.0), ("d", 1.0)]);
        assert_eq!(one.slower_than(&before), ["set, mode: a: 1.40 times native, it was 1.00"]);
        let all = ratios(&[("a", 1.2), ("b", 1.2), ("c", 1.2), ("d", 1.2)]);
        assert_eq!(all.slower_than(&before), ["set, mode: the mean: 1.20 times native, it was 1.00"]);
        assert_eq!(before.slower_than(&all), none);
    }

    #[test]
    fn a_file_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ratios.json");
        let ratios = ratios(&[("a", 1.25), ("b", 0.5)]);
        ratios.write(&file).unwrap();
        assert_eq!(Ratios::read(&file).unwrap(), ratios);
        assert_eq!(ratios.summary("set", "mode").map(|(_, worst, ratio)| (worst, ratio)), Some(("a", 1.25)));
    }
}
