//! Embedding in one file: a host function, the guest's memory, traps and host errors.
//!
//! Run it with `cargo run -p wootz --example embed`.

use std::fmt;

use wootz::{Caller, Engine, Error, Extern, HostError, Linker, Module, Store, TrapCode};

/// A guest that greets through the host, divides, and asks for more than it may have.
const GUEST: &str = r#"
    (module $guest
      (import "host" "print" (func $print (param i32 i32)))
      (import "host" "spend" (func $spend (param i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "hello from WebAssembly")
      (func (export "greet") (call $print (i32.const 16) (i32.const 22)))
      (func (export "length") (param $at i32) (result i32)
        (local $end i32)
        (local.set $end (local.get $at))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
            (local.set $end (i32.add (local.get $end) (i32.const 1)))
            (br $next)))
        (i32.sub (local.get $end) (local.get $at)))
      (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "average") (param $sum i32) (param $count i32) (result i32)
        (call $divide (local.get $sum) (local.get $count)))
      (func (export "spend") (param i32) (result i32) (call $spend (local.get 0))))
"#;

/// What the host keeps in the store.
#[derive(Default)]
struct Account {
    printed: Vec<String>,
    balance: u32,
}

/// An error of the host's own: it comes out of the call as itself.
#[derive(Debug)]
struct Overdrawn {
    wanted: u32,
    left: u32,
}

impl fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the guest wants {} and has {}", self.wanted, self.left)
    }
}

impl std::error::Error for Overdrawn {}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;

    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "print", print)?;
    linker.func_wrap("host", "spend", |mut caller: Caller<'_, Account>, wanted: u32| {
        let left = caller.data().balance;
        let after = left.checked_sub(wanted).ok_or(Overdrawn { wanted, left })?;
        caller.data_mut().balance = after;
        Ok::<_, Overdrawn>(after)
    })?;

    let mut store = Store::new(&engine, Account { balance: 10, ..Account::default() });
    let instance = linker.instantiate(&mut store, &module)?;

    // The guest calls the host, which reads the guest's memory.
    instance.get_typed_func::<(), ()>(&store, "greet")?.call(&mut store, ())?;
    println!("the guest printed: {}", store.data().printed.join(" "));

    // The host writes into the guest's memory and calls the guest.
    let memory = instance.get_memory(&store, "memory").expect("the guest exports its memory");
    memory.write(&mut store, 1024, b"damascus\0")?;
    let length = instance.get_typed_func::<u32, u32>(&store, "length")?.call(&mut store, 1024)?;
    println!("the guest counted {length} characters");

    // A trap says what happened and where; the store goes on working.
    let average = instance.get_typed_func::<(i32, i32), i32>(&store, "average")?;
    println!("the average is {}", average.call(&mut store, (84, 2))?);
    let error = average.call(&mut store, (84, 0)).unwrap_err();
    let trap = error.trap().expect("a division by zero traps");
    assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
    println!("the guest trapped: {trap}");

    // An error of the host's own passes through the guest.
    let spend = instance.get_typed_func::<u32, u32>(&store, "spend")?;
    println!("after spending 7 the guest has {}", spend.call(&mut store, 7)?);
    let error = spend.call(&mut store, 7).unwrap_err();
    let overdrawn = error.downcast_ref::<Overdrawn>().expect("the host's error");
    println!("refused: {overdrawn}");
    Ok(())
}

/// `print(address, length)`: a function whose errors are of any type.
fn print(mut caller: Caller<'_, Account>, address: u32, length: u32) -> Result<(), HostError> {
    let memory =
        caller.get_export("memory").and_then(Extern::into_memory).ok_or("the guest has no memory")?;
    let (bytes, account) = memory.data_and_store_mut(&mut caller);
    let text = bytes.get(address as usize..).and_then(|bytes| bytes.get(..length as usize));
    let text = std::str::from_utf8(text.ok_or("the text is outside the memory")?)?;
    account.printed.push(text.to_owned());
    Ok(())
}
