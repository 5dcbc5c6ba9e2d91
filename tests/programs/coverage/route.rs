//! Rust for the measure of what debuggers show, without the standard library: structures, tuples, enumerations with data, slices, references, loops.
#![feature(no_core, lang_items, auto_traits)]
#![no_core]
#![no_main]
#![allow(internal_features, dead_code, unconditional_recursion)]

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
impl Copy for i64 {}
impl Copy for u8 {}
impl Copy for usize {}
impl Copy for bool {}
impl<T: PointeeSized> Copy for &T {}
impl<T: PointeeSized> Copy for *mut T {}
#[lang = "legacy_receiver"]
trait Receiver {}
impl<T: PointeeSized> Receiver for &T {}
impl<T: PointeeSized> Receiver for &mut T {}
#[lang = "freeze"]
auto trait Freeze {}
#[lang = "unpin"]
auto trait Unpin {}
#[lang = "unsafe_unpin"]
auto trait UnsafeUnpin {}
#[lang = "sync"]
auto trait Sync {}
#[lang = "unsize"]
trait Unsize<T: PointeeSized>: PointeeSized {}
#[lang = "coerce_unsized"]
trait CoerceUnsized<T> {}
impl<'a, 'b: 'a, T: PointeeSized + Unsize<U>, U: PointeeSized> CoerceUnsized<&'a U> for &'b T {}
#[lang = "panic_location"]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}
#[lang = "panic_bounds_check"]
#[track_caller]
fn panic_bounds_check(_index: usize, _len: usize) -> ! {
    loop {}
}
#[lang = "drop_in_place"]
fn drop_in_place<T: PointeeSized>(place: *mut T) {
    drop_in_place(place);
}
#[lang = "add"]
trait Add<Rhs = Self> {
    type Output;
    fn add(self, other: Rhs) -> Self::Output;
}
#[lang = "sub"]
trait Sub<Rhs = Self> {
    type Output;
    fn sub(self, other: Rhs) -> Self::Output;
}
#[lang = "mul"]
trait Mul<Rhs = Self> {
    type Output;
    fn mul(self, other: Rhs) -> Self::Output;
}
#[lang = "eq"]
trait PartialEq<Rhs: PointeeSized = Self>: PointeeSized {
    fn eq(&self, other: &Rhs) -> bool;
    fn ne(&self, other: &Rhs) -> bool;
}
#[lang = "partial_ord"]
trait PartialOrd<Rhs: PointeeSized = Self>: PartialEq<Rhs> {
    fn lt(&self, other: &Rhs) -> bool;
    fn le(&self, other: &Rhs) -> bool;
    fn gt(&self, other: &Rhs) -> bool;
    fn ge(&self, other: &Rhs) -> bool;
}
#[lang = "index"]
trait Index<At: PointeeSized>: PointeeSized {
    type Output: PointeeSized;
    fn index(&self, at: At) -> &Self::Output;
}
impl<T, const N: usize> Index<usize> for [T; N] {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &(*self)[at]
    }
}
macro_rules! number {
    ($($ty:ty)*) => {$(
        impl Add for $ty { type Output = $ty; #[inline(always)] fn add(self, other: $ty) -> $ty { self + other } }
        impl Sub for $ty { type Output = $ty; #[inline(always)] fn sub(self, other: $ty) -> $ty { self - other } }
        impl Mul for $ty { type Output = $ty; #[inline(always)] fn mul(self, other: $ty) -> $ty { self * other } }
        impl PartialEq for $ty {
            #[inline(always)] fn eq(&self, other: &$ty) -> bool { *self == *other }
            #[inline(always)] fn ne(&self, other: &$ty) -> bool { *self != *other }
        }
        impl PartialOrd for $ty {
            #[inline(always)] fn lt(&self, other: &$ty) -> bool { *self < *other }
            #[inline(always)] fn le(&self, other: &$ty) -> bool { *self <= *other }
            #[inline(always)] fn gt(&self, other: &$ty) -> bool { *self > *other }
            #[inline(always)] fn ge(&self, other: &$ty) -> bool { *self >= *other }
        }
    )*};
}
number!(i32 i64 usize);

struct Point {
    x: i32,
    y: i32,
}

enum Step {
    Stay,
    Walk(i32),
    Jump { to: Point, cost: i64 },
}

enum Option<T> {
    None,
    Some(T),
}

struct Walker<'a> {
    name: &'a str,
    at: Point,
    spent: i64,
}

impl<'a> Walker<'a> {
    #[inline(never)]
    fn take(&mut self, step: &Step) -> i64 {
        let before = self.spent;
        match step {
            Step::Stay => {}
            Step::Walk(distance) => {
                let along = *distance;
                self.at.x = self.at.x + along;
                self.spent = before + 1;
            }
            Step::Jump { to, cost } => {
                let (x, y) = (to.x, to.y);
                self.at.x = x;
                self.at.y = y;
                self.spent = before + *cost;
            }
        }
        self.spent - before
    }
}

#[inline(never)]
fn largest(numbers: &[i32; 5]) -> Option<i32> {
    let mut best = numbers[0];
    let mut index = 1;
    while index < 5 {
        let number = numbers[index];
        if number > best {
            best = number;
        }
        index = index + 1;
    }
    if best > 0 { Option::Some(best) } else { Option::None }
}

#[inline(never)]
fn power(base: i64, exponent: i32) -> i64 {
    if exponent == 0 {
        return 1;
    }
    let half = power(base, exponent - 1);
    half * base
}

fn distance(from: &Point, to: &Point) -> i32 {
    let across = if from.x < to.x { to.x - from.x } else { from.x - to.x };
    let up = if from.y < to.y { to.y - from.y } else { from.y - to.y };
    across + up
}

#[no_mangle]
#[inline(never)]
pub extern "C" fn main(count: i32) -> i32 {
    let seed = count + 2;
    let home = Point { x: 1, y: seed };
    let mut walker = Walker { name: "Wanda", at: Point { x: 0, y: 0 }, spent: 0 };
    let steps = [Step::Walk(seed), Step::Jump { to: Point { x: 9, y: seed }, cost: 40 }, Step::Stay];
    let mut index = 0;
    let mut total = 0;
    while index < 3 {
        let cost = walker.take(&steps[index]);
        total = total + cost;
        index = index + 1;
    }
    let numbers = [seed, 8, seed * 5, 2, 11];
    let best = match largest(&numbers) {
        Option::Some(number) => number,
        Option::None => 0,
    };
    let many = power(total, seed);
    let far = distance(&home, &walker.at);
    let end = best + far;
    if many == 0 { end } else { 0 }
}

#[cfg(target_arch = "wasm32")]
#[no_mangle]
pub extern "C" fn _start() {
    main(1);
}
