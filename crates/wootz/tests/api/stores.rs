//! Stores keep to themselves: a handle of one used with another is a panic that says so, never a mix-up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wootz::{
    AsContextMut, Engine, ExternRef, Func, Global, GlobalType, Instance, Memory, MemoryType, Module, RefType,
    Store, Table, TableType, Val, ValType,
};

fn two() -> (Store<()>, Store<()>) {
    let engine = Engine::default();
    (Store::new(&engine, ()), Store::new(&engine, ()))
}

/// The panic's message.
fn panics<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("no panic") };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

#[test]
fn handles_of_another_store_panic() {
    let (mut ours, mut theirs) = two();
    let func = Func::wrap(&mut theirs, || {});
    let ty = MemoryType { memory64: false, shared: false, minimum: 1, maximum: None, page_size_log2: 16 };
    let memory = Memory::new(&mut theirs, ty).unwrap();
    let ty = TableType { element: RefType::FUNCREF, table64: false, minimum: 1, maximum: None };
    let table = Table::new(&mut theirs, ty, Val::FuncRef(None)).unwrap();
    let our_table = Table::new(&mut ours, ty, Val::FuncRef(None)).unwrap();
    let ty = GlobalType { content: ValType::I32, mutable: true };
    let global = Global::new(&mut theirs, ty, Val::I32(0)).unwrap();
    let reference = ExternRef::new(&mut theirs, 1);
    let module = Module::new(ours.engine(), r#"(module (import "a" "f" (func)))"#).unwrap();
    let instance = Instance::new(&mut theirs, &module, &[func.into()]).unwrap();

    let messages = [
        panics(|| func.call(&mut ours, &[])),
        panics(|| func.ty(&ours)),
        panics(|| memory.data(&ours).len()),
        panics(|| memory.grow(&mut ours, 1)),
        panics(|| table.get(&ours, 0)),
        panics(|| global.get(&ours)),
        panics(|| global.set(&mut ours, Val::I32(1))),
        panics(|| reference.data(&ours).type_id()),
        panics(|| instance.exports(&ours).len()),
        panics(|| our_table.set(&mut ours, 0, func.into())),
        panics(|| Instance::new(&mut ours, &module, &[func.into()])),
    ];
    for message in messages {
        assert!(message.contains("store"), "{message}");
    }
}

#[test]
fn references_of_another_store_cannot_be_arguments() {
    let (mut ours, mut theirs) = two();
    let take = Func::wrap(&mut ours, |_: Option<Func>, _: Option<ExternRef>| {});
    let func = Func::wrap(&mut theirs, || {});
    let reference = ExternRef::new(&mut theirs, 1);
    let typed = take.typed::<(Option<Func>, Option<ExternRef>), ()>(&ours).unwrap();
    typed.call(&mut ours, (Some(take), None)).unwrap();
    assert!(panics(|| typed.call(&mut ours, (Some(func), None))).contains("store"));
    assert!(panics(|| typed.call(&mut ours, (None, Some(reference)))).contains("store"));
    assert!(panics(|| take.call(&mut ours, &[func.into(), Val::ExternRef(None)])).contains("store"));
    typed.call(&mut ours, (None, None)).unwrap();
}

#[test]
fn a_store_moves_between_threads() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (global $g (mut i32) (i32.const 0))
            (func (export "next") (result i32)
              (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
            (func (export "trap") unreachable))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, String::from("data"));
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let next = instance.get_typed_func::<(), i32>(&store, "next").unwrap();
    assert_eq!(next.call(&mut store, ()).unwrap(), 1);
    let mut store = std::thread::spawn(move || {
        assert_eq!(next.call(&mut store, ()).unwrap(), 2);
        assert!(crate::call(&mut store, instance, "trap").unwrap_err().trap().is_some());
        store
    })
    .join()
    .unwrap();
    assert_eq!(next.call(&mut store, ()).unwrap(), 3);
    assert_eq!(store.into_data(), "data");
}

#[test]
fn functions_generic_over_a_context_take_stores_and_borrows() {
    fn double(mut store: impl AsContextMut, func: Func, x: i32) -> i32 {
        let once = func.call(&mut store, &[x.into()]).unwrap()[0].unwrap_i32();
        func.call(store.as_context_mut(), &[once.into()]).unwrap()[0].unwrap_i32()
    }
    let mut store = Store::new(&Engine::default(), ());
    let func = Func::wrap(&mut store, |x: i32| x + 1);
    assert_eq!(double(&mut store, func, 1), 3);
    assert_eq!(double(store.as_context_mut(), func, 1), 3);
    assert_eq!(double(store, func, 1), 3);
}
