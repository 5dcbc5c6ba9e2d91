//! What a store says of its regions is what the system says.

use std::ops::Range;

use wootz::{CheckStrategy, Engine, MemoryPool, PoolConfig, Protection, Region, RegionKind};

use super::{config, engine, find, instantiate};

/// A line of the process's map.
struct Mapped {
    addresses: Range<usize>,
    protection: String,
}

fn process_map() -> Vec<Mapped> {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (start, end) = words.next().unwrap().split_once('-').unwrap();
        let address = |text| usize::from_str_radix(text, 16).unwrap();
        Mapped { addresses: address(start)..address(end), protection: words.next().unwrap()[..3].to_owned() }
    };
    text.lines().map(line).collect()
}

/// Whether all of a region is mapped, every page with the protection that the region says.
fn check(region: &Region, map: &[Mapped]) {
    let mut at = region.addresses.start;
    while at < region.addresses.end {
        let found = map.iter().find(|mapped| mapped.addresses.contains(&at));
        let found = found.unwrap_or_else(|| panic!("{at:#x} is not mapped: {region:x?}"));
        assert_eq!(found.protection, region.protection.to_string(), "at {at:#x} of {region:x?}");
        at = found.addresses.end;
    }
}

const WAT: &str = r#"(module $everything
    (memory $a 3) (memory $b i64 1) (memory $c 1 2 (pagesize 1))
    (table 100 funcref) (table 100000 funcref)
    (global (mut i64) (i64.const 1))
    (func (export "f") (memory.grow $a (i32.const 2)) drop (memory.grow $b (i64.const 40)) drop)
    (func (export "touch") (i32.store $a (i32.const 70000) (i32.const 1)))
    (elem (i32.const 0) func 0))"#;

fn engines() -> Vec<Engine> {
    let pool = PoolConfig { guarded_slots: 4, explicit_slots: 8, ..PoolConfig::default() };
    let pool = MemoryPool::new(&pool).unwrap();
    [CheckStrategy::Guard, CheckStrategy::Explicit]
        .into_iter()
        .flat_map(|checks| {
            let pooled = Engine::new(&config(checks).memory_pool(pool.clone()));
            [engine(checks), pooled]
        })
        .collect()
}

#[test]
fn every_region_is_as_the_system_says() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&engine, WAT).unwrap();
        for name in ["", "f", "touch"] {
            if !name.is_empty() {
                let func = instance.get_typed_func::<(), ()>(&store, name).unwrap();
                func.call(&mut store, ()).unwrap();
            }
            let (regions, map) = (store.regions(), process_map());
            regions.iter().for_each(|region| check(region, &map));
            for pair in regions.windows(2) {
                assert!(pair[0].addresses.end <= pair[1].addresses.start, "{pair:x?} overlap");
            }
            for kind in [
                RegionKind::Code,
                RegionKind::Constants,
                RegionKind::Tables,
                RegionKind::TablesView,
                RegionKind::Contexts,
                RegionKind::Memory,
                RegionKind::Guard,
            ] {
                find(&regions, kind);
            }
        }
    }
}

#[test]
fn each_kind_has_its_protection() {
    for engine in engines() {
        let (store, _) = instantiate(&engine, WAT).unwrap();
        for region in store.regions() {
            let expected: &[Protection] = match region.kind {
                RegionKind::Code => &[Protection::READ_EXECUTE, Protection::EXECUTE],
                RegionKind::CodeView | RegionKind::Constants | RegionKind::Tables => &[Protection::READ],
                RegionKind::TablesView | RegionKind::Contexts | RegionKind::Memory => {
                    &[Protection::READ_WRITE]
                }
                RegionKind::Reserve | RegionKind::Guard => &[Protection::NONE],
                other => panic!("{other:?}"),
            };
            assert!(expected.contains(&region.protection), "{region:x?}");
        }
    }
}

/// Nothing in the whole process, whatever it is, may be written and executed.
#[test]
fn nothing_is_writable_and_executable() {
    let stores: Vec<_> = engines().iter().map(|engine| instantiate(engine, WAT).unwrap()).collect();
    for mapped in process_map() {
        assert!(
            !(mapped.protection.contains('w') && mapped.protection.contains('x')),
            "{:x?}",
            mapped.addresses
        );
    }
    drop(stores);
}

#[test]
fn what_was_touched_is_resident() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&engine, WAT).unwrap();
        let resident = |regions: &[Region]| {
            let memories = regions.iter().filter(|region| region.kind == RegionKind::Memory);
            memories.map(|region| region.resident).sum::<usize>()
        };
        let before = resident(&store.regions());
        instance.get_typed_func::<(), ()>(&store, "touch").unwrap().call(&mut store, ()).unwrap();
        let after = resident(&store.regions());
        // A slot that was used before keeps its pages, so one more at most.
        assert!(after >= 4096 && after - before <= 4096, "{before} before, {after} after");
    }
}
