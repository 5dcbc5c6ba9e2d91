//! What Wootz aims at, against what was measured: for the end of `cargo xtask bench`.

use super::Ratios;

/// The name of the real programs among [`Ratios`].
pub const CORPUS: &str = "real programs";
/// What is aimed at, as geometric means of ratios: for kernels with vector instructions, plain kernels, real programs and
/// the worst of these.
const TARGETS: [(&str, [f64; 4]); 3] = [
    ("guard, relaxed", [1.05, 1.15, 1.05, 1.4]),
    ("guard, exact", [1.08, 1.20, 1.08, 1.5]),
    ("explicit, exact", [1.35, 1.45, 1.30, 2.2]),
];

/// Prints means and targets, as far as there is anything to compare.
pub fn print(ratios: &Ratios) {
    let mean = |set: &str, mode| ratios.summary(set, mode).map(|(mean, ..)| mean);
    let rows = TARGETS.map(|(mode, targets)| {
        let means = ["kernels, simd128", "kernels, plain", CORPUS].map(|set| mean(set, mode));
        let worst = ratios.summary(CORPUS, mode).map(|(_, _, ratio)| ratio);
        let [simd, plain, real] = means;
        (mode, [simd, plain, real, worst].into_iter().zip(targets))
    });
    if rows.iter().all(|(_, cells)| cells.clone().all(|(found, _)| found.is_none())) {
        return;
    }
    println!("Geometric means of run time ÷ native, and targets");
    println!(
        "  {:16} {:>20} {:>20} {:>20} {:>20}",
        "", "kernels, simd128", "kernels, plain", CORPUS, "worst program"
    );
    for (mode, cells) in rows {
        let cells = cells.map(|(found, target)| match found {
            Some(found) => {
                format!("{found:.2} ({} {target:.2})", if found <= target { "≤" } else { "misses" })
            }
            None => "–".to_owned(),
        });
        let cells: Vec<_> = cells.map(|cell| format!("{cell:>20}")).collect();
        println!("  {mode:16} {}", cells.join(" "));
    }
}
