;; Calls through references, and the types that checks for null give them. A local without a default starts with a null
;; that nothing reads.
(module
  (type $t (func (param i32) (result i32)))
  (elem declare func $f)
  (func $f (type $t) (call_ref $t (local.get 0) (ref.func $f)))
  (func $or_else (param (ref null $t)) (result i32)
    (block $null
      (return (call_ref $t (i32.const 1) (br_on_null $null (local.get 0)))))
    (i32.const 0))
  (func $if_any (param (ref null $t)) (result i32)
    (block $some (result (ref $t))
      (br_on_non_null $some (local.get 0))
      (return (i32.const 0)))
    (call_ref $t (i32.const 1)))
  (func $local (param (ref null $t)) (param i32) (result (ref $t)) (local (ref $t))
    (if (local.get 1)
      (then (local.set 2 (ref.as_non_null (local.get 0))))
      (else (local.set 2 (ref.func $f))))
    (local.set 2 (ref.as_non_null (local.get 0)))
    (loop (br_if 0 (i32.eqz (local.get 1))) (local.set 2 (ref.func $f)))
    (local.get 2))
  (func $select (param i32) (result (ref null $t))
    (select (result (ref null $t)) (ref.func $f) (ref.null $t) (local.get 0)))
)

;; ---- expected ----
;; invalid module: type mismatch: expected (ref null $type), found i32 (at offset 0x5f)
