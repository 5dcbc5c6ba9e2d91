//! Objects for 64-bit Arm: another linker takes every relocation that is left to it.

use super::{Dir, succeed};

#[test]
fn an_object_for_another_machine_links() {
    let module = r#"(module
      (import "host" "f" (func $f (param v128) (result f64)))
      (memory (export "memory") 1)
      (global (export "g") (mut i64) (i64.const 0))
      (func (export "constants") (param i32) (result v128)
        (v128.const i64x2 0x123456789abcdef 0x0fedcba987654321))
      (func (export "choose") (param i32) (result i32)
        (block (block (block (block (block (block (br_table 0 1 2 3 4 5 (local.get 0)))
          (return (i32.const 1))) (return (call 3 (i32.const 2)))) (return (i32.const 3))) (return (i32.const 40)))
          (return (i32.const 5))) (i32.const 6))
      (func (param i32) (result i32) (drop (call $f (v128.const i32x4 1 2 3 4))) (i32.const 9))
      (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))"#;
    let dir = Dir::new();
    for level in ["-O0", "-O2"] {
        dir.object("lib", module, &["--target", "aarch64-linux", level]);
        let mut linker = dir.command("ld.lld-22");
        linker.args([
            "-shared",
            "--unresolved-symbols=ignore-all",
            "-m",
            "aarch64linux",
            "lib.o",
            "-o",
            "lib.so",
        ]);
        succeed(&mut linker);
        let listing =
            succeed(dir.command("llvm-objdump-22").args(["-d", "--no-show-raw-insn", "lib.so"])).stdout;
        let listing = String::from_utf8_lossy(&listing);
        assert!(listing.contains("<lib_choose>:") && !listing.contains("<unknown>"), "{listing}");
    }
}
