;; A narrow compare-exchange compares as many bits as it loads: the others of the expected value do not matter.
(module
  (memory (export "memory") 1 1)
  (func (export "wide8") (result i32 i32)
    (i32.atomic.rmw8.cmpxchg_u (i32.const 8) (i32.const 0x10000) (i32.const 0x103))
    (i32.load (i32.const 8)))
  (func (export "wide16") (result i32)
    (i32.atomic.rmw16.cmpxchg_u (i32.const 16) (i32.const 0xabc0000) (i32.const 7)))
  (func (export "wide32") (result i64)
    (i64.atomic.rmw32.cmpxchg_u (i32.const 24) (i64.const 0x100000000) (i64.const -2)))
  (func (export "other") (result i64)
    (i64.atomic.rmw8.cmpxchg_u (i32.const 32) (i64.const 0x101) (i64.const 9))))
