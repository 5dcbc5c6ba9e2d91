;; A module that brings no sources, for scripted debugger sessions.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\2a")
  (global $step (mut i32) (i32.const 7))
  (func $add (param $x i32) (param $y i32) (result i32)
    local.get $x
    local.get $y
    i32.add
    global.get $step ;; mark: add
    i32.add)
  (func $sum (export "sum") (param $n i32) (result i32)
    (local $s i32)
    loop $l
      local.get $s
      local.get $n
      call $add
      local.set $s
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if $l
    end
    local.get $s)
  (func $fill (export "fill") (param $at i32) (param $count i32)
    loop $l
      local.get $at
      local.get $at
      i32.store8 ;; mark: store
      local.get $at
      local.get $at
      i32.load8_u
      i32.const 1
      i32.or
      i32.const 1
      i32.and
      i32.add
      local.set $at
      local.get $count
      i32.const 1
      i32.sub
      local.tee $count
      br_if $l
    end))
