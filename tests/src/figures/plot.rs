//! Run times as a picture: a bar for each program and way to run it, on a logarithmic scale, up or down from native speed.

use std::fmt::Write;

use super::{Spread, geometric_mean};

const COLOURS: [&str; 12] = [
    "#1b6ca8", "#d1495b", "#edae49", "#66a182", "#5fa8d3", "#8d6a9f", "#4a5859", "#888888", "#b5651d",
    "#000000", "#2a9d8f", "#e76f51",
];
const BAR: f64 = 9.0;
const GAP: f64 = 18.0;
/// About as wide as a letter.
const LETTER: f64 = 6.0;
/// Names of programs go up to their bars by so many degrees.
const SLOPE: f64 = 40.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 40.0;
/// Where the names of the ways stand.
const LEGEND: f64 = 170.0;
/// The least range of ratios in a picture, from the bottom to the top, …
const LEAST: (f64, f64) = (0.7, 2.0);
/// … and the greatest: a bar that is longer ends there.
const GREATEST: (f64, f64) = (0.08, 12.0);
const MARKS: [f64; 10] = [0.1, 0.2, 0.5, 0.8, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0];

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
        let group = BAR * self.ways.len() as f64 + GAP;
        let width = LEFT + group * (self.programs.len() + 1) as f64 + LEGEND;
        let names = LETTER * longest as f64 * SLOPE.to_radians().sin();
        let scale =
            Scale::new(self.programs.iter().flat_map(|(_, ratios)| ratios).map(|spread| spread.median));
        let mut svg = String::new();
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{:.0}\" font-family=\"sans-serif\" \
             font-size=\"11\">",
            TOP + HEIGHT + names + 30.0
        )?;
        writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>")?;
        writeln!(svg, "<text x=\"{LEFT}\" y=\"18\" font-size=\"13\">{}</text>", self.title)?;
        scale.write(&mut svg, width - LEGEND + 10.0)?;
        for (place, (name, ratios)) in self.programs.iter().enumerate() {
            let bars = ratios.iter().map(|spread| (spread.median, Some(*spread)));
            self.write_group(&mut svg, scale, (place, group), name, bars)?;
        }
        if !self.programs.is_empty() {
            let means = (0..self.ways.len()).map(|way| (self.mean(way), None));
            self.write_group(&mut svg, scale, (self.programs.len(), group), "mean", means)?;
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
        scale: Scale,
        (place, width): (usize, f64),
        name: &str,
        bars: impl Iterator<Item = (f64, Option<Spread>)>,
    ) -> std::fmt::Result {
        let middle = LEFT + width * (place as f64 + 0.5);
        let left = middle - BAR * self.ways.len() as f64 / 2.0;
        for (way, (ratio, spread)) in bars.enumerate() {
            let x = left + BAR * way as f64;
            let (y, one) = (scale.height_of(ratio), scale.height_of(1.0));
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
                let (x, low, high) =
                    (x + (BAR - 1.5) / 2.0, scale.height_of(minimum), scale.height_of(maximum));
                writeln!(
                    svg,
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\" stroke=\"#333\"/>"
                )?;
            }
        }
        let y = TOP + HEIGHT + 14.0;
        writeln!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{y:.0}\" text-anchor=\"end\" transform=\"rotate(-{SLOPE} {middle:.1} {y:.0})\">{name}</text>"
        )
    }
}

/// The logarithms of the ratios at the bottom and at the top.
#[derive(Copy, Clone)]
struct Scale {
    bottom: f64,
    top: f64,
}

impl Scale {
    /// For ratios, as far as they are not too far from 1.
    fn new(ratios: impl Iterator<Item = f64>) -> Self {
        let (least, most) =
            ratios.fold(LEAST, |(least, most), ratio| (least.min(ratio * 0.9), most.max(ratio * 1.1)));
        Self { bottom: least.max(GREATEST.0).ln(), top: most.min(GREATEST.1).ln() }
    }

    /// Where a ratio is, from the top.
    fn height_of(self, ratio: f64) -> f64 {
        let part = (ratio.ln().clamp(self.bottom, self.top) - self.bottom) / (self.top - self.bottom);
        TOP + HEIGHT * (1.0 - part)
    }

    fn write(self, svg: &mut String, right: f64) -> std::fmt::Result {
        for mark in MARKS.into_iter().filter(|mark| (self.bottom..=self.top).contains(&mark.ln())) {
            let (y, colour) = (self.height_of(mark), if mark == 1.0 { "#000" } else { "#ddd" });
            writeln!(
                svg,
                "<line x1=\"{LEFT}\" x2=\"{right:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>"
            )?;
            let (x, y) = (LEFT - 5.0, y + 4.0);
            writeln!(svg, "<text x=\"{x:.0}\" y=\"{y:.1}\" text-anchor=\"end\">{mark}</text>")?;
        }
        Ok(())
    }
}

fn colour(way: usize) -> &'static str {
    COLOURS[way % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::{Plot, Scale, Spread};

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
        let scale = Scale::new([0.5, 3.0].into_iter());
        assert!(scale.height_of(2.0) < scale.height_of(1.0));
        assert!(scale.height_of(0.5) > scale.height_of(1.0));
        assert_eq!(scale.height_of(100.0), scale.height_of(50.0));
    }
}
