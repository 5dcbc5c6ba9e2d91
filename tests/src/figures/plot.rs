//! Run times as a picture: a bar for each program and way to run it, on a logarithmic scale, from native speed up.

use std::fmt::Write;

use super::{Spread, geometric_mean};

const COLOURS: [&str; 12] = [
    "#1b6ca8", "#d1495b", "#edae49", "#66a182", "#5fa8d3", "#8d6a9f", "#4a5859", "#888888", "#b5651d",
    "#000000", "#2a9d8f", "#e76f51",
];
const BAR: f64 = 9.0;
const GAP: f64 = 18.0;
/// About as wide as a letter: no group is narrower than its name.
const LETTER: f64 = 6.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 40.0;
/// Where the names of the ways stand.
const LEGEND: f64 = 170.0;
/// The ratios at the bottom and at the top.
const RANGE: (f64, f64) = (0.7, 4.0);
const MARKS: [f64; 7] = [0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0];

/// Ratios to what is the line at 1.
pub struct Plot<'a> {
    title: String,
    ways: Vec<&'a str>,
    programs: Vec<(String, Vec<Spread>)>,
}

impl<'a> Plot<'a> {
    /// An empty one, with a title and the names of the ways to run a program.
    pub fn new(title: String, ways: impl IntoIterator<Item = &'a str>) -> Self {
        Self { title, ways: ways.into_iter().collect(), programs: Vec::new() }
    }

    /// Adds a program, with a ratio for each way.
    pub fn add(&mut self, program: &str, ratios: Vec<Spread>) {
        self.programs.push((program.to_owned(), ratios));
    }

    /// The picture as SVG, with the geometric means behind the programs.
    ///
    /// # Errors
    /// None: writing to a string does not fail.
    pub fn svg(&self) -> Result<String, std::fmt::Error> {
        let longest = self.programs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let group = (BAR * self.ways.len() as f64).max(LETTER * longest as f64) + GAP;
        let width = LEFT + group * (self.programs.len() + 1) as f64 + LEGEND;
        let mut svg = String::new();
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{:.0}\" font-family=\"sans-serif\" \
             font-size=\"11\">",
            TOP + HEIGHT + 30.0
        )?;
        writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>")?;
        writeln!(svg, "<text x=\"{LEFT}\" y=\"18\" font-size=\"13\">{}</text>", self.title)?;
        write_scale(&mut svg, width - LEGEND + 10.0)?;
        for (place, (name, ratios)) in self.programs.iter().enumerate() {
            let bars = ratios.iter().map(|spread| (spread.median, Some(*spread)));
            self.write_group(&mut svg, (place, group), name, bars)?;
        }
        if !self.programs.is_empty() {
            let means = (0..self.ways.len()).map(|way| (self.mean(way), None));
            self.write_group(&mut svg, (self.programs.len(), group), "mean", means)?;
        }
        for (way, name) in self.ways.iter().enumerate() {
            let (x, y) = (width - LEGEND + 20.0, TOP + 18.0 * (way + 1) as f64);
            let colour = colour(way);
            writeln!(
                svg,
                "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
                y - 9.0
            )?;
            writeln!(svg, "<text x=\"{:.0}\" y=\"{y:.0}\">{name}</text>", x + 15.0)?;
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    fn mean(&self, way: usize) -> f64 {
        geometric_mean(self.programs.iter().map(|(_, ratios)| ratios[way].median))
    }

    /// The bars of a program, at a place among groups of a width: ratios, with their spread where there is one.
    fn write_group(
        &self,
        svg: &mut String,
        (place, width): (usize, f64),
        name: &str,
        bars: impl Iterator<Item = (f64, Option<Spread>)>,
    ) -> std::fmt::Result {
        let middle = LEFT + width * (place as f64 + 0.5);
        let left = middle - BAR * self.ways.len() as f64 / 2.0;
        for (way, (ratio, spread)) in bars.enumerate() {
            let x = left + BAR * way as f64;
            let (y, one) = (height_of(ratio), height_of(1.0));
            let (top, tall) = (y.min(one), (y - one).abs().max(0.5));
            writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" fill=\"{}\"><title>{}, {name}: \
                 {ratio:.2}</title></rect>",
                BAR - 1.5,
                colour(way),
                self.ways[way]
            )?;
            if let Some(Spread { minimum, maximum, .. }) = spread {
                let (x, low, high) = (x + (BAR - 1.5) / 2.0, height_of(minimum), height_of(maximum));
                writeln!(
                    svg,
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\" stroke=\"#333\"/>"
                )?;
            }
        }
        let y = TOP + HEIGHT + 18.0;
        writeln!(svg, "<text x=\"{middle:.1}\" y=\"{y:.0}\" text-anchor=\"middle\">{name}</text>")
    }
}

fn write_scale(svg: &mut String, right: f64) -> std::fmt::Result {
    for mark in MARKS {
        let (y, colour) = (height_of(mark), if mark == 1.0 { "#000" } else { "#ddd" });
        writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{right:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>"
        )?;
        let (x, y) = (LEFT - 5.0, y + 4.0);
        writeln!(svg, "<text x=\"{x:.0}\" y=\"{y:.1}\" text-anchor=\"end\">{mark}</text>")?;
    }
    Ok(())
}

fn colour(way: usize) -> &'static str {
    COLOURS[way % COLOURS.len()]
}

/// Where a ratio is, from the top.
fn height_of(ratio: f64) -> f64 {
    let (bottom, top) = (RANGE.0.ln(), RANGE.1.ln());
    let part = (ratio.clamp(RANGE.0, RANGE.1).ln() - bottom) / (top - bottom);
    TOP + HEIGHT * (1.0 - part)
}

#[cfg(test)]
mod tests {
    use super::{Plot, Spread, height_of};

    #[test]
    fn every_way_has_a_bar_for_each_program_and_the_mean() {
        let mut plot = Plot::new("title".to_owned(), ["a", "b"]);
        plot.add("one", vec![Spread::new(vec![1.5]), Spread::new(vec![1.0])]);
        plot.add("two", vec![Spread::new(vec![1.5]), Spread::new(vec![4.0])]);
        let svg = plot.svg().unwrap();
        assert_eq!(svg.matches("<title>").count(), 6);
        assert!(svg.contains("<title>b, two: 4.00</title>"), "{svg}");
        assert!(svg.contains("<title>b, mean: 2.00</title>"), "{svg}");
    }

    #[test]
    fn higher_ratios_are_higher_up() {
        assert!(height_of(2.0) < height_of(1.0));
        assert_eq!(height_of(100.0), height_of(4.0));
    }
}
