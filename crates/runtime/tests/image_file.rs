//! Images that are mapped from a file: they run from its pages, and a damaged file is refused.

#[path = "support/sections.rs"]
mod sections;
#[path = "support/tiny_image.rs"]
mod tiny_image;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use rustix::fs::MemfdFlags;
use sections::find_section;
use tiny_image::{tiny_image, tiny_image_with_distant_map};
use wootz_runtime::{
    CallError, Image, ImageError, Instance, InstantiateError, Integrity, Store, StoreConfig, Val,
};
use wootz_vm_abi::seal::{Sealed, seal};

const BOTH: [Integrity; 2] = [Integrity::Whole, Integrity::Declarations];

/// A file that has no name, with these bytes.
fn file(bytes: &[u8]) -> File {
    let mut file = File::from(rustix::fs::memfd_create("image", MemfdFlags::CLOEXEC).unwrap());
    file.write_all(bytes).unwrap();
    file
}

fn open(bytes: &[u8], integrity: Integrity) -> Result<Image, ImageError> {
    Image::open(&file(bytes), 0..bytes.len() as u64, integrity)
}

fn add(image: &Image) -> Vec<Val> {
    let mut store = Store::new(StoreConfig::default(), Box::new(()));
    let instance = Instance::new(&mut store, image, &[]).unwrap();
    let add = instance.export(&store, "add").unwrap().into_func().unwrap();
    add.call(&mut store, &[Val::I32(40), Val::I32(2)]).unwrap()
}

#[test]
fn code_runs_from_the_pages_of_the_file() {
    let bytes = tiny_image();
    for integrity in BOTH {
        let image = open(&bytes, integrity).unwrap();
        assert_eq!(add(&image), [Val::I32(42)]);
        assert_eq!(image.bytes(), bytes);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let start = format!("{:x}-", image.text().start / 4096 * 4096);
        let line = maps.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(line.contains("memfd:image") && line.contains("xp "), "{line}");
    }
}

#[test]
fn an_image_may_lie_within_a_file() {
    let mut bytes = vec![0xff; 2 * 4096];
    let image = tiny_image();
    bytes.extend(&image);
    let part = 2 * 4096..bytes.len() as u64;
    bytes.extend([0xff; 100]);
    let file = file(&bytes);
    let image = Image::open(&file, part.clone(), Integrity::Whole).unwrap();
    assert_eq!(add(&image), [Val::I32(42)]);
    for wrong in [part.start + 1..part.end, part.start..part.end - 1, part.end..part.start, 0..0] {
        assert!(Image::open(&file, wrong, Integrity::Declarations).is_err());
    }
}

#[test]
fn what_is_not_looked_at_may_be_damaged() {
    let bytes = tiny_image();
    let text = find_section(&bytes, ".text").start;
    let mut damaged = bytes.clone();
    damaged[text] ^= 1;
    assert!(matches!(open(&damaged, Integrity::Whole), Err(ImageError::Damaged)));
    for section in [".wootz.info", ".shstrtab"] {
        let mut damaged = bytes.clone();
        damaged[find_section(&bytes, section).end - 1] ^= 0x40;
        for integrity in BOTH {
            assert!(open(&damaged, integrity).is_err(), "{section}, {integrity:?}");
        }
    }
}

/// The address map is compared where a trap looks something up.
#[test]
fn a_damaged_address_map_costs_only_offsets() {
    let bytes = tiny_image_with_distant_map(64 << 10);
    let fail = |bytes: &[u8]| {
        let image = open(bytes, Integrity::Declarations).unwrap();
        let mut store = Store::new(StoreConfig::default(), Box::new(()));
        let instance = Instance::new(&mut store, &image, &[]).unwrap();
        let fail = instance.export(&store, "fail").unwrap().into_func().unwrap();
        fail.call(&mut store, &[]).unwrap_err().to_string()
    };
    assert_eq!(fail(&bytes), "unreachable\n  0: tiny!fail (wasm[1]) at offset 0x21");
    for at in find_section(&bytes, ".wootz.addrmap") {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert_eq!(fail(&damaged), "unreachable\n  0: tiny!fail (wasm[1])", "{at}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = tiny_image();
    for length in (0..bytes.len()).step_by(61).chain(bytes.len() - 40..bytes.len()) {
        for integrity in BOTH {
            assert!(open(&bytes[..length], integrity).is_err(), "{length} of {} bytes", bytes.len());
        }
    }
}

/// An image in a file that is shortened later, its store and its instance.
fn shortened(bytes: &[u8], length: u64) -> (Image, Store, Instance) {
    let file = file(bytes);
    let image = Image::open(&file, 0..bytes.len() as u64, Integrity::Declarations).unwrap();
    let mut store = Store::new(StoreConfig::default(), Box::new(()));
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    file.set_len(length).unwrap();
    (image, store, instance)
}

fn call(store: &mut Store, instance: &Instance, name: &str) -> Result<Vec<Val>, CallError> {
    let func = instance.export(store, name).unwrap().into_func().unwrap();
    let args: &[Val] = if name == "add" { &[Val::I32(40), Val::I32(2)] } else { &[] };
    func.call(store, args)
}

fn is_shortened(error: &CallError) -> bool {
    matches!(error.host_error(), Some(ImageError::Shortened))
}

#[test]
fn code_whose_page_is_gone_ends_with_an_error() {
    let bytes = tiny_image();
    let (image, mut store, instance) = shortened(&bytes, 0);
    for _ in 0..3 {
        let error = call(&mut store, &instance, "add").unwrap_err();
        assert!(is_shortened(&error), "{error}");
        assert_eq!(error.to_string(), "the image's file was shortened while it was in use");
    }
    // Nothing else can be done with it, and everything else goes on.
    assert!(
        matches!(Instance::new(&mut store, &image, &[]), Err(InstantiateError::Call(error)) if is_shortened(&error))
    );
    let whole = open(&bytes, Integrity::Whole).unwrap();
    assert_eq!(add(&whole), [Val::I32(42)]);
    drop((image, store));
    assert_eq!(add(&open(&bytes, Integrity::Whole).unwrap()), [Val::I32(42)]);
}

#[test]
fn what_the_host_reads_of_a_page_that_is_gone_is_zero() {
    let bytes = tiny_image();
    let (image, mut store, instance) = shortened(&bytes, 4096);
    assert_eq!(image.bytes().len(), bytes.len());
    assert_eq!(image.bytes()[..4096], bytes[..4096]);
    assert!(image.bytes()[4096..].iter().all(|byte| *byte == 0));
    // The code's own pages need not have been looked at.
    assert!(is_shortened(&call(&mut store, &instance, "add").unwrap_err()));
}

/// The trap is a trap; only what its message is made from is gone, and then the image.
#[test]
fn a_trap_is_told_without_its_offset_when_the_map_is_gone() {
    let bytes = tiny_image_with_distant_map(64 << 10);
    let map = find_section(&bytes, ".wootz.addrmap").start as u64;
    let (_image, mut store, instance) = shortened(&bytes, map / 4096 * 4096);
    let error = call(&mut store, &instance, "fail").unwrap_err();
    assert_eq!(error.to_string(), "unreachable\n  0: tiny!fail (wasm[1])");
    assert!(is_shortened(&call(&mut store, &instance, "add").unwrap_err()));
}

/// While images are loaded and run from it, a file becomes short and whole again.
#[test]
fn a_file_that_changes_its_length_crashes_nobody() {
    let bytes = tiny_image();
    let file = file(&bytes);
    let done = AtomicBool::new(false);
    let (mut ran, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                file.set_len(0).unwrap();
                file.write_all_at(&bytes, 0).unwrap();
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        for _ in 0..2000 {
            let opened = Image::open(&file, 0..bytes.len() as u64, Integrity::Whole);
            let Ok(image) = opened else {
                refused += 1;
                continue;
            };
            let mut store = Store::new(StoreConfig::default(), Box::new(()));
            let Ok(instance) = Instance::new(&mut store, &image, &[]) else { continue };
            match call(&mut store, &instance, "add") {
                Ok(results) => assert_eq!(results, [Val::I32(42)]),
                Err(error) => assert!(is_shortened(&error), "{error}"),
            }
            ran += 1;
        }
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    });
    assert!(ran > 0, "{ran} ran, {refused} were refused");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Mapping anything is safe, with the right digests too.
    #[test]
    fn flipped_bits_never_crash_the_loader(flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6)) {
        let mut bytes = tiny_image();
        let interesting: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || *at < 0x200 || *at > 0x2000).collect();
        for (index, bit) in flips {
            bytes[*index.get(&interesting)] ^= 1 << bit;
        }
        let changed = bytes != tiny_image();
        prop_assert_eq!(open(&bytes, Integrity::Whole).is_err(), changed);
        // It may be loaded, if the flips hit what is not looked at.
        drop(open(&bytes, Integrity::Declarations));
        bytes.truncate(Sealed::new(&tiny_image()).unwrap().contents().len());
        seal(&mut bytes);
        for integrity in BOTH {
            if let Ok(image) = open(&bytes, integrity) {
                drop(format!("{:?}", image.info()));
            }
        }
    }
}
