//! Rust for scripted debugger sessions, without the standard library: structures, tuples, enumerations with and without data, references, slices, text.
#![feature(no_core, lang_items, auto_traits)]
#![no_core]
#![no_main]
#![allow(internal_features, dead_code, unused_variables)]

// What the compiler asks of `core`.
#[lang = "pointee_sized"]
trait PointeeSized {}
#[lang = "meta_sized"]
trait MetaSized: PointeeSized {}
#[lang = "sized"]
trait Sized: MetaSized {}
#[lang = "copy"]
trait Copy {}
impl Copy for i32 {}
impl Copy for f64 {}
impl Copy for u8 {}
impl<T: PointeeSized> Copy for &T {}
#[lang = "legacy_receiver"]
trait Receiver {}
impl<T: PointeeSized> Receiver for &T {}
#[lang = "freeze"]
auto trait Freeze {}
#[lang = "unsize"]
trait Unsize<T: PointeeSized>: PointeeSized {}
#[lang = "coerce_unsized"]
trait CoerceUnsized<T> {}
impl<'a, 'b: 'a, T: PointeeSized + Unsize<U>, U: PointeeSized> CoerceUnsized<&'a U> for &'b T {}
#[lang = "add"]
trait Add<Rhs = Self> {
    type Output;
    fn add(self, other: Rhs) -> Self::Output;
}
impl Add for i32 {
    type Output = i32;
    fn add(self, other: i32) -> i32 {
        self + other
    }
}

struct Point {
    x: i32,
    y: i32,
}

enum Shape<'a> {
    Nothing,
    Circle(f64),
    Label { at: Point, text: &'a str },
}

enum Colour {
    Red,
    Green = 7,
}

enum Option<T> {
    None,
    Some(T),
}

#[inline(never)]
fn describe(shape: &Shape, colour: Colour, numbers: &[i32], pair: (u8, i32), link: Option<&Point>) -> i32 {
    let size = match shape {
        Shape::Nothing => 0,
        Shape::Circle(_) => 1,
        Shape::Label { at, .. } => at.x + at.y,
    };
    size + pair.1 // mark: describe
}

#[no_mangle]
pub extern "C" fn _start() {
    let near = Point { x: 3, y: 4 };
    let label = Shape::Label { at: Point { x: 20, y: 22 }, text: "here" };
    let numbers = [5, 6, 7];
    let circle = Shape::Circle(2.5);
    let some = describe(&label, Colour::Green, &numbers, (200, 9), Option::Some(&near));
    let none = describe(&circle, Colour::Red, &numbers, (0, some), Option::None);
}
