//! Where an image's sections are, for tests that damage one of them.

use std::ops::Range;

use object::{Object, ObjectSection};

/// The bytes of the section `name` in the file `bytes`.
pub(crate) fn find_section(bytes: &[u8], name: &str) -> Range<usize> {
    let file = object::File::parse(bytes).unwrap();
    let (start, size) = file.section_by_name(name).unwrap().file_range().unwrap();
    start as usize..(start + size) as usize
}
