//! Code that cannot be read traps and is walked like any other. The loader only makes such where the processor can tell;
//! here it is told to.

use std::sync::Arc;

use super::image::LoadedImage;
use crate::{Image, Instance, Integrity, Protection, RegionKind, Store, StoreConfig, TrapCode, Val};

#[test]
fn code_that_cannot_be_read_runs_and_traps() {
    let bytes = crate::tiny_image::tiny_image();
    runs_and_traps(LoadedImage::load_with(bytes.clone().into(), true).unwrap());
    let path = std::env::temp_dir().join(format!("wootz-execute-only-{}", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let part = 0..bytes.len() as u64;
    runs_and_traps(LoadedImage::open_with(&file, &part, Integrity::Declarations, true).unwrap());
}

fn runs_and_traps(image: LoadedImage) {
    let image = Image { inner: Arc::new(image) };
    assert!(image.is_execute_only());
    let mut store = Store::new(StoreConfig::default(), Box::new(()));
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let mut call = |name: &str, args: &[Val]| {
        let func = instance.export(&store, name).unwrap().into_func().unwrap();
        func.call(&mut store, args)
    };
    assert_eq!(call("add", &[Val::I32(40), Val::I32(2)]).unwrap(), [Val::I32(42)]);
    let error = call("fail", &[]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
    assert_eq!(error.as_trap().unwrap().frames.len(), 1);

    let regions = store.regions();
    let find = |kind| regions.iter().find(|region| region.kind == kind).unwrap();
    assert_eq!(find(RegionKind::Code).protection, Protection::EXECUTE);
    assert_eq!(find(RegionKind::CodeView).protection, Protection::READ);
    let map = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = |start: usize| {
        let start = format!("{start:x}-");
        map.lines().find(|line| line.starts_with(&start)).unwrap().to_owned()
    };
    assert!(line(find(RegionKind::Code).addresses.start).contains(" --x"));
    assert!(line(find(RegionKind::CodeView).addresses.start).contains(" r--"));
}

#[test]
fn code_is_read_where_the_processor_cannot_tell() {
    let image = Image::load(crate::tiny_image::tiny_image()).unwrap();
    assert_eq!(image.is_execute_only(), crate::sys::pages::can_execute_only());
}
