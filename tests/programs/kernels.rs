//! Kernels as one writes them in Rust, with iterators, slices, checked indices and the collections of the standard library, for
//! `cargo xtask bench --table kernels`.
//!
//!     kernels NAME ROUNDS   runs a kernel so many times

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::ops::{Deref, DerefMut};
use std::time::Instant;

/// An array that begins at the beginning of a page: where it begins makes up to twice the time of a vector loop, and is not the same in
/// every build by itself.
struct Array<T> {
    values: Vec<T>,
    start: usize,
}

const PAGE: usize = 4096;

impl<T: Copy> Array<T> {
    fn new(values: &[T]) -> Self {
        let mut array = Self { values: Vec::with_capacity(values.len() + PAGE / size_of::<T>()), start: 0 };
        array.start = array.values.as_ptr().align_offset(PAGE);
        array.values.extend(values.iter().cycle().take(array.start));
        array.values.extend(values);
        array
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}

impl<T> DerefMut for Array<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..]
    }
}

struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn numbers(&mut self, count: usize) -> Array<u32> {
        Array::new(&(0..count).map(|_| self.next()).collect::<Vec<_>>())
    }

    fn floats(&mut self, count: usize) -> Array<f64> {
        Array::new(&(0..count).map(|_| f64::from(self.next() >> 8) / f64::from(1 << 24)).collect::<Vec<_>>())
    }

    /// Words of one to eight letters, some not of ASCII, the short ones more often.
    fn text(&mut self, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            let length = 1 + self.next().leading_zeros().min(7);
            let letters = (0..length).map(|_| char::from_u32(0x61 + self.next() % 26).unwrap_or('z'));
            text.extend(letters);
            text.push_str(if self.next() % 16 == 0 { "é " } else { " " });
        }
        text
    }
}

/// Largest rise over three numbers next to each other.
#[inline(never)]
fn windows(values: &[u32]) -> u32 {
    values
        .windows(3)
        .map(|three| (three[2] >> 1).saturating_sub(three[0] >> 1) ^ three[1] & 1)
        .max()
        .unwrap_or(0)
}

/// Little-endian words of a string of bytes, mixed.
#[inline(never)]
fn chunks(bytes: &[u8]) -> u32 {
    let words =
        bytes.chunks_exact(4).map(|chunk| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]));
    words.fold(0, |sum, word| (sum ^ word).wrapping_mul(0x9e37_79b1).rotate_left(13))
}

/// Pairwise, until the shorter one ends.
#[inline(never)]
fn zip(to: &mut [f64], a: &[f64], b: &[f64]) {
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        *to = *to * 0.5 + a * b;
    }
}

/// Rows and columns by indices, all of which are checked.
#[inline(never)]
fn matrix(c: &mut [f64], a: &[f64], b: &[f64], n: usize) {
    for i in 0..n {
        for j in 0..n {
            let mut sum = 0.0;
            for k in 0..n {
                sum += a[i * n + k] * b[k * n + j];
            }
            c[i * n + j] = sum;
        }
    }
}

#[inline(never)]
fn sort(values: &[u32]) -> u32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// How often each word occurs, in a hash table.
#[inline(never)]
fn count_words(text: &str) -> u64 {
    let mut counts: HashMap<&str, u64, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    for word in text.split(' ') {
        *counts.entry(word).or_default() += 1;
    }
    counts.iter().map(|(word, count)| word.len() as u64 * count * count).sum()
}

/// The same in a tree, which is then gone through in order.
#[inline(never)]
fn tree(values: &[u32]) -> u64 {
    let mut tree = BTreeMap::new();
    for value in values {
        *tree.entry(value >> 20).or_insert(0u64) += u64::from(*value);
    }
    tree.iter().fold(0, |sum, (key, value)| (sum ^ value).wrapping_mul(u64::from(*key) | 1))
}

/// Letters and words of a text that is not only ASCII.
#[inline(never)]
fn letters(text: &str) -> u64 {
    let count = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let upper: u64 = text.chars().rev().map(|letter| u64::from(u32::from(letter.to_ascii_uppercase()))).sum();
    count as u64 + upper
}

/// After Levenshtein.
#[inline(never)]
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Shortest way over a square from corner to corner, after Dijkstra.
#[inline(never)]
fn shortest(costs: &[u32], n: usize) -> u32 {
    let mut best = vec![u32::MAX; n * n];
    let mut open = BinaryHeap::from([Reverse((0, 0))]);
    while let Some(Reverse((cost, at))) = open.pop() {
        if at == n * n - 1 {
            return cost;
        }
        let (row, column) = (at / n, at % n);
        let next = [
            (row > 0).then(|| at - n),
            (row + 1 < n).then(|| at + n),
            (column > 0).then(|| at - 1),
            (column + 1 < n).then(|| at + 1),
        ];
        for next in next.into_iter().flatten() {
            let cost = cost + (costs[next] >> 24);
            if cost < best[next] {
                best[next] = cost;
                open.push(Reverse((cost, next)));
            }
        }
    }
    u32::MAX
}

trait Shape {
    fn area(&self) -> f64;
}

struct Circle(f64);
struct Rectangle(f64, f64);

impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0 * self.0 * 3.0
    }
}

impl Shape for Rectangle {
    fn area(&self) -> f64 {
        self.0 * self.1
    }
}

#[inline(never)]
fn shapes(shapes: &[Box<dyn Shape>]) -> f64 {
    shapes.iter().map(|shape| shape.area()).sum()
}

/// Numbers in text, and their sum.
#[inline(never)]
fn parse(text: &str) -> u64 {
    text.split(',').filter_map(|number| number.parse::<u32>().ok()).map(u64::from).sum()
}

/// Runs a function so many times: the sum of what it returns, and nanoseconds.
fn time(rounds: u64, mut kernel: impl FnMut() -> u64) -> (u64, u128) {
    let started = Instant::now();
    let sum = (0..rounds).fold(0u64, |sum, _| sum.wrapping_add(kernel()));
    (sum, started.elapsed().as_nanos())
}

fn run(name: &str, rounds: u64) -> Option<(u64, u128)> {
    let mut random = Random(42);
    let (words, bytes, long) = (black_box(1 << 12), black_box(1 << 14), black_box(1 << 16));
    Some(match name {
        "windows" => {
            let values = random.numbers(long);
            time(rounds, || u64::from(windows(black_box(&values))))
        }
        "chunks" => {
            let text = Array::new(random.text(long).as_bytes());
            time(rounds, || u64::from(chunks(black_box(&text))))
        }
        "zip" => {
            let (mut to, a, b) = (random.floats(words), random.floats(words), random.floats(words));
            time(rounds, || {
                zip(black_box(&mut to), &a, &b);
                to[7].to_bits()
            })
        }
        "matrix" => {
            let n = black_box(96);
            let (mut c, a, b) = (random.floats(n * n), random.floats(n * n), random.floats(n * n));
            time(rounds, || {
                matrix(black_box(&mut c), &a, &b, n);
                c[n].to_bits()
            })
        }
        "sort-unstable" => {
            let values = random.numbers(long);
            time(rounds, || u64::from(sort(black_box(&values))))
        }
        "count-words" => {
            let text = random.text(long);
            time(rounds, || count_words(black_box(&text)))
        }
        "tree" => {
            let values = random.numbers(bytes);
            time(rounds, || tree(black_box(&values)))
        }
        "letters" => {
            let text = random.text(long);
            time(rounds, || letters(black_box(&text)))
        }
        "distance" => {
            let (a, b) = (random.text(512).into_bytes(), random.text(512).into_bytes());
            time(rounds, || distance(black_box(&a), &b) as u64)
        }
        "shortest" => {
            let n = black_box(128);
            let costs = random.numbers(n * n);
            time(rounds, || u64::from(shortest(black_box(&costs), n)))
        }
        "shapes" => {
            let (sides, kinds) = (random.floats(words), random.numbers(words));
            let boxed = sides.iter().zip(kinds.iter()).map(|(side, kind)| -> Box<dyn Shape> {
                if kind % 2 == 0 { Box::new(Circle(*side)) } else { Box::new(Rectangle(*side, 2.0)) }
            });
            let boxed: Vec<_> = boxed.collect();
            time(rounds, || shapes(black_box(&boxed)).to_bits())
        }
        "parse" => {
            let numbers: Vec<String> = random.numbers(bytes).iter().map(u32::to_string).collect();
            let text = numbers.join(",");
            time(rounds, || parse(black_box(&text)))
        }
        _ => return None,
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let result = match &arguments[..] {
        [_, name, rounds] => rounds.parse().ok().and_then(|rounds| run(name, rounds)),
        _ => None,
    };
    let Some((result, elapsed)) = result else { std::process::exit(2) };
    println!("{} {result:016x}", arguments[1]);
    eprintln!("{elapsed}");
}
