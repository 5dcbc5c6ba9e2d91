//! Functions that are led elsewhere, and instances that end before their store.

use wootz::{
    Engine, Func, FuncType, Instance, Module, RedirectError, RemoveError, Store, TrapCode, Val, ValType,
};

fn answer_type() -> FuncType {
    FuncType::new([], [ValType::I32])
}

fn undefined(store: &mut Store<()>) -> Func {
    Func::new(store, answer_type(), |_, _, _| Err("not defined yet".into()))
}

/// An instance that exports `answer`, without a trace of it in the host.
fn answering(store: &mut Store<()>, body: &str) -> Instance {
    let engine = store.engine().clone();
    let module = Module::new(&engine, format!(r#"(module (func (export "answer") (result i32) {body}))"#));
    Instance::new(store, &module.unwrap(), &[]).unwrap()
}

/// An instance with every way to a function: import, table, global, element segment.
fn user(store: &mut Store<()>, func: Func) -> Instance {
    let engine = store.engine().clone();
    let module = Module::new(
        &engine,
        r#"(module
            (type $answer (func (result i32)))
            (import "" "answer" (func $answer (type $answer)))
            (table $table 2 funcref)
            (elem (table $table) (i32.const 1) func $answer)
            (elem $later func $answer)
            (global $global funcref (ref.func $answer))
            (func (export "import") (result i32) (call $answer))
            (func (export "table") (result i32) (call_indirect $table (type $answer) (i32.const 1)))
            (func (export "segment") (result i32)
              (table.init $table $later (i32.const 0) (i32.const 0) (i32.const 1))
              (call_indirect $table (type $answer) (i32.const 0)))
            (func (export "global") (result i32)
              (table.set $table (i32.const 0) (global.get $global))
              (call_indirect $table (type $answer) (i32.const 0))))"#,
    );
    Instance::new(store, &module.unwrap(), &[func.into()]).unwrap()
}

#[test]
fn every_way_to_a_function_leads_to_its_new_code() {
    let mut store = Store::new(&Engine::default(), ());
    let answer = undefined(&mut store);
    let user = user(&mut store, answer);
    let prepared = answer.typed::<(), i32>(&store).unwrap();
    assert!(prepared.call(&mut store, ()).is_err(), "it is not defined yet");
    let mut old: Option<Instance> = None;
    for number in [1, 2, 3] {
        let new = answering(&mut store, &format!("(i32.const {number})"));
        answer.redirect(&mut store, new, "answer").unwrap();
        if let Some(old) = old.replace(new) {
            old.remove(&mut store).unwrap();
        }
        for way in ["import", "table", "segment", "global"] {
            let way = user.get_typed_func::<(), i32>(&store, way).unwrap();
            assert_eq!(way.call(&mut store, ()).unwrap(), number);
        }
        assert_eq!(prepared.call(&mut store, ()).unwrap(), number);
        assert_eq!(store.instances().len(), 2);
    }
}

#[test]
fn what_was_redirected_can_be_the_hosts_again() {
    let mut store = Store::new(&Engine::default(), ());
    let answer = undefined(&mut store);
    let user = user(&mut store, answer);
    let new = answering(&mut store, "(i32.const 1)");
    for _ in 0..2 {
        answer.redirect(&mut store, new, "answer").unwrap();
        assert_eq!(new.remove(&mut store), Err(RemoveError::Referred));
        answer.restore(&mut store).unwrap();
        for way in ["import", "table", "segment", "global"] {
            let way = user.get_typed_func::<(), i32>(&store, way).unwrap();
            let error = way.call(&mut store, ()).unwrap_err();
            assert!(error.to_string().contains("not defined yet"), "{error}");
        }
        assert!(answer.call(&mut store, &[]).is_err());
    }
    new.remove(&mut store).unwrap();
    let own = user.get_func(&store, "import").unwrap();
    assert_eq!(own.restore(&mut store), Err(RedirectError::NotOfTheHost));
}

#[test]
fn what_cannot_be_redirected_is_refused_and_stays() {
    let mut store = Store::new(&Engine::default(), ());
    let engine = store.engine().clone();
    let answer = undefined(&mut store);
    let one = answering(&mut store, "(i32.const 1)");
    answer.redirect(&mut store, one, "answer").unwrap();
    let other =
        Module::new(&engine, r#"(module (func (export "answer") (result i64) (i64.const 1)))"#).unwrap();
    let other = Instance::new(&mut store, &other, &[]).unwrap();
    assert_eq!(answer.redirect(&mut store, other, "answer"), Err(RedirectError::Type));
    assert_eq!(answer.redirect(&mut store, one, "question"), Err(RedirectError::NoSuchFunction));
    let own = one.get_func(&store, "answer").unwrap();
    assert_eq!(own.redirect(&mut store, one, "answer"), Err(RedirectError::NotOfTheHost));
    // What an instance only passes on is not its own: its code may move.
    let passing =
        Module::new(&engine, r#"(module (import "" "" (func (result i32))) (export "answer" (func 0)))"#)
            .unwrap();
    let passing = Instance::new(&mut store, &passing, &[answer.into()]).unwrap();
    assert_eq!(answer.redirect(&mut store, passing, "answer"), Err(RedirectError::NoSuchFunction));
    assert_eq!(answer.call(&mut store, &[]).unwrap()[0].i32(), Some(1));
}

#[test]
fn nothing_is_replaced_while_code_runs() {
    let mut store = Store::new(&Engine::default(), ());
    let engine = store.engine().clone();
    let answer = undefined(&mut store);
    let one = answering(&mut store, "(i32.const 1)");
    let two = answering(&mut store, "(i32.const 2)");
    answer.redirect(&mut store, one, "answer").unwrap();
    let meddle = Func::wrap(&mut store, move |mut caller: wootz::Caller<'_, ()>| {
        assert_eq!(answer.redirect(&mut caller, two, "answer"), Err(RedirectError::Running));
        assert_eq!(two.remove(&mut caller), Err(RemoveError::Running));
    });
    let module = Module::new(
        &engine,
        r#"(module (import "" "meddle" (func $meddle)) (import "" "answer" (func $answer (result i32)))
            (func (export "run") (result i32) (call $meddle) (call $answer)))"#,
    );
    let running = Instance::new(&mut store, &module.unwrap(), &[meddle.into(), answer.into()]).unwrap();
    let run = running.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 1);
    two.remove(&mut store).unwrap();
}

#[test]
fn an_instance_stays_while_anything_leads_to_it() {
    let mut store = Store::new(&Engine::default(), ());
    let engine = store.engine().clone();
    let refused =
        |store: &mut Store<()>, instance: Instance, why| assert_eq!(instance.remove(store), Err(why));

    let redirected = answering(&mut store, "(i32.const 1)");
    let answer = undefined(&mut store);
    answer.redirect(&mut store, redirected, "answer").unwrap();
    refused(&mut store, redirected, RemoveError::Referred);

    let held = answering(&mut store, "(i32.const 2)");
    let func = held.get_func(&store, "answer").unwrap();
    refused(&mut store, held, RemoveError::Referred);
    assert_eq!(func.call(&mut store, &[]).unwrap()[0].i32(), Some(2));

    let memory = Module::new(&engine, "(module (memory 1))").unwrap();
    let memory = Instance::new(&mut store, &memory, &[]).unwrap();
    refused(&mut store, memory, RemoveError::Defines);

    let leaking = r#"(module (import "" "table" (table 1 funcref)) (elem (i32.const 0) func $f) (func $f))"#;
    let table = wootz::Table::new(
        &mut store,
        wootz::TableType { element: wootz::RefType::FUNCREF, table64: false, minimum: 1, maximum: None },
        Val::FuncRef(None),
    );
    let table = table.unwrap();
    let leaking =
        Instance::new(&mut store, &Module::new(&engine, leaking).unwrap(), &[table.into()]).unwrap();
    refused(&mut store, leaking, RemoveError::Referred);
    table.set(&mut store, 0, Val::FuncRef(None)).unwrap();
    leaking.remove(&mut store).unwrap();
}

/// A trampoline to the host that an image brought is used by all host functions of the type: it must outlive the instance.
#[test]
fn trampolines_outlive_the_instance_that_brought_them() {
    let mut store = Store::new(&Engine::default(), ());
    let engine = store.engine().clone();
    let host = Func::wrap(&mut store, |number: i64| number + 1);
    let text = r#"(module (import "" "host" (func $host (param i64) (result i64)))
        (func (export "run") (param i64) (result i64) (call $host (local.get 0))))"#;
    let first = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[host.into()]).unwrap();
    first.remove(&mut store).unwrap();
    let second = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[host.into()]).unwrap();
    let run = second.get_typed_func::<i64, i64>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 41).unwrap(), 42);
}

#[test]
fn traps_are_found_in_new_code_and_the_old_is_forgotten() {
    let mut store = Store::new(&Engine::default(), ());
    let answer = undefined(&mut store);
    let mut old: Option<Instance> = None;
    for round in 0..20 {
        let new = answering(&mut store, "unreachable");
        answer.redirect(&mut store, new, "answer").unwrap();
        if let Some(old) = old.replace(new) {
            old.remove(&mut store).unwrap();
        }
        let error = answer.call(&mut store, &[]).unwrap_err();
        assert_eq!(error.trap().unwrap().code, TrapCode::Unreachable, "{round}");
        // The first image may stay for its trampoline.
        let code = store.regions().iter().filter(|region| region.kind == wootz::RegionKind::Code).count();
        assert!(code <= 2, "{code} pieces of code");
    }
}
