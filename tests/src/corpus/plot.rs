//! The table of run times as a picture: a bar for each engine and program, on a logarithmic scale, from native speed up.

use std::fmt::Write;

use super::Table;

const COLOURS: [&str; 9] =
    ["#000000", "#888888", "#1b6ca8", "#5fa8d3", "#d1495b", "#edae49", "#66a182", "#8d6a9f", "#4a5859"];
const BAR: f64 = 9.0;
const GAP: f64 = 18.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 40.0;
/// The ratios at the bottom and at the top.
const RANGE: (f64, f64) = (0.7, 4.0);

/// The picture as SVG. The first engine is what all are compared with, and is the line at 1.
///
/// # Errors
/// None: writing to a string does not fail.
pub fn plot(table: &Table) -> Result<String, std::fmt::Error> {
    let shown = 1..table.engines.len();
    let group = BAR * shown.len() as f64 + GAP;
    let width = LEFT + group * (table.rows.len() + 1) as f64 + 170.0;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{:.0}\" font-family=\"sans-serif\" \
         font-size=\"11\">",
        TOP + HEIGHT + 30.0
    )?;
    writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>")?;
    writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"18\" font-size=\"13\">Run time ÷ native (clang -O3 -march=native -ffp-contract=off)</text>"
    )?;
    for mark in [0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0] {
        let (y, strong) = (height_of(mark), if mark == 1.0 { "#000" } else { "#ddd" });
        let right = width - 160.0;
        writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{right:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{strong}\"/>"
        )?;
        writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
            LEFT - 5.0,
            y + 4.0
        )?;
    }
    for (place, name) in table.rows.iter().map(|row| row.name.as_str()).chain(["mean"]).enumerate() {
        let left = LEFT + GAP / 2.0 + group * place as f64;
        for engine in shown.clone() {
            let (ratio, extremes) = match table.rows.get(place) {
                Some(row) => {
                    let spread = row.ratio(engine);
                    (spread.median, Some((spread.minimum, spread.maximum)))
                }
                None => (table.mean(engine), None),
            };
            let x = left + BAR * (engine - 1) as f64;
            let (y, one) = (height_of(ratio), height_of(1.0));
            let (top, tall) = (y.min(one), (y - one).abs().max(0.5));
            let colour = colour(engine);
            writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" fill=\"{colour}\"><title>{}, {name}: \
                 {ratio:.2}</title></rect>",
                BAR - 1.5,
                table.engines[engine]
            )?;
            if let Some((minimum, maximum)) = extremes {
                let (x, low, high) = (x + (BAR - 1.5) / 2.0, height_of(minimum), height_of(maximum));
                writeln!(
                    svg,
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\" stroke=\"#333\"/>"
                )?;
            }
        }
        let middle = left + (group - GAP) / 2.0;
        let name = name.trim_end_matches("_driver");
        writeln!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{name}</text>",
            TOP + HEIGHT + 18.0
        )?;
    }
    for engine in shown {
        let (x, y) = (width - 150.0, TOP + 18.0 * engine as f64);
        writeln!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"10\" height=\"10\" fill=\"{}\"/>",
            y - 9.0,
            colour(engine)
        )?;
        writeln!(svg, "<text x=\"{:.0}\" y=\"{y:.0}\">{}</text>", x + 15.0, table.engines[engine])?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn colour(engine: usize) -> &'static str {
    COLOURS[engine % COLOURS.len()]
}

/// Where a ratio is, from the top.
fn height_of(ratio: f64) -> f64 {
    let (bottom, top) = (RANGE.0.ln(), RANGE.1.ln());
    let part = (ratio.clamp(RANGE.0, RANGE.1).ln() - bottom) / (top - bottom);
    TOP + HEIGHT * (1.0 - part)
}

#[cfg(test)]
mod tests {
    use super::{height_of, plot};
    use crate::corpus::{Cell, Row, Table};

    #[test]
    fn every_engine_but_the_first_has_a_bar_for_each_program_and_the_mean() {
        let cell = |seconds| Cell {
            seconds: vec![seconds],
            compiling: 0.0,
            compiling_peak: None,
            peak: 0,
            size: None,
        };
        let row = Row { name: "program".to_owned(), cells: vec![cell(1.0), cell(1.5), cell(2.0)] };
        let table = Table { engines: vec!["native", "a", "b"], rows: vec![row], start_up: Vec::new() };
        let svg = plot(&table).unwrap();
        assert_eq!(svg.matches("<title>").count(), 4);
        assert!(svg.contains("<title>b, program: 2.00</title>"), "{svg}");
    }

    #[test]
    fn higher_ratios_are_higher_up() {
        assert!(height_of(2.0) < height_of(1.0));
        assert_eq!(height_of(100.0), height_of(4.0));
    }
}
