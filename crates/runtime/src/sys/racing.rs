//! Copies and fills of memory that other threads access at the same time.
//!
//! In Rust a race between plain accesses is undefined behaviour, and atomic ones byte by byte are slow. So these are
//! assembly: what they read is what the machine gives, torn between old and new bytes at worst, as WebAssembly allows.

use std::arch::asm;

/// Copies forwards.
///
/// # Safety
/// Both must be valid for `count` bytes; `target` must not lie inside the source after its start.
pub(crate) unsafe fn copy(target: *mut u8, source: *const u8, count: usize) {
    // SAFETY: as the caller promises; the direction flag is clear by the calling convention.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") count => _,
            inout("rdi") target => _,
            inout("rsi") source => _,
            options(nostack, preserves_flags),
        );
    }
}

/// Copies as if through a buffer.
///
/// # Safety
/// Both must be valid for `count` bytes.
pub(crate) unsafe fn copy_overlapping(target: *mut u8, source: *const u8, count: usize) {
    const BUFFER: usize = 4096;
    if target.addr().wrapping_sub(source.addr()) >= count {
        // SAFETY: the target starts before the source or behind it.
        return unsafe { copy(target, source, count) };
    }
    let mut buffer = [0u8; BUFFER];
    let mut left = count;
    while left > 0 {
        let part = left.min(BUFFER);
        left -= part;
        // SAFETY: both parts are inside their ranges, and the buffer overlaps neither.
        unsafe {
            copy(buffer.as_mut_ptr(), source.add(left), part);
            copy(target.add(left), buffer.as_ptr(), part);
        }
    }
}

/// Fills with one byte.
///
/// # Safety
/// `target` must be valid for `count` bytes.
pub(crate) unsafe fn fill(target: *mut u8, value: u8, count: usize) {
    // SAFETY: as the caller promises; the direction flag is clear by the calling convention.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") count => _,
            inout("rdi") target => _,
            in("al") value,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_copies_are_right_in_both_directions() {
        for (to, from, count) in
            [(0, 3, 9000), (3, 0, 9000), (5000, 0, 9000), (0, 5000, 9000), (7, 7, 100), (1, 0, 0)]
        {
            let mut bytes: Vec<u8> = (0..20000).map(|index| (index % 251) as u8).collect();
            let mut expected = bytes.clone();
            expected.copy_within(from..from + count, to);
            let base = bytes.as_mut_ptr();
            // SAFETY: both ranges are inside the vector.
            unsafe { copy_overlapping(base.add(to), base.add(from), count) };
            assert!(bytes == expected, "{to} {from} {count}");
        }
    }

    #[test]
    fn filling_stays_inside() {
        let mut bytes = [1u8; 8];
        // SAFETY: the range is inside the array.
        unsafe { fill(bytes.as_mut_ptr().add(2), 9, 4) };
        assert_eq!(bytes, [1, 1, 9, 9, 9, 9, 1, 1]);
    }
}
