;; The Mandelbrot set in letters; in colour if the output is a terminal.
;;
;;     wootz run examples/mandelbrot.wat [WIDTH]
;;
;; WIDTH is the number of columns, 20 to 500. Written by hand: no compiler is needed to build it.

(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;;      0  io vector: address, length      32  fdstat, 24 bytes
  ;;      8  bytes written                   64  the texts below
  ;;     16  count and size of arguments   4096  arguments
  ;;  65536  the line being written
  (memory (export "memory") 2)
  (global $line i32 (i32.const 65536))
  (data (i32.const 64) " .,:;=+ox#%@")                  ;; shade 0 to 11; the last is the set itself
  (data (i32.const 96) "\1b[38;5;")                      ;; 7 bytes: 256-colour foreground, number and "m" follow
  (data (i32.const 112) "\1b[0m")                        ;; 4 bytes: colours off
  (data (i32.const 128) "\11\12\13\19\1a\1b\21\2d\75\bd\dd\ef") ;; the colour of each shade
  (data (i32.const 160) "usage: mandelbrot [WIDTH], a number from 20 to 500\n")
  (data (i32.const 224) " columns, ")
  (data (i32.const 240) " iterations, ")
  (data (i32.const 256) " of ")
  (data (i32.const 272) " points in the set\n")

  (global $limit i32 (i32.const 1000))                   ;; iterations after which a point counts as in the set
  (global $end (mut i32) (i32.const 65536))              ;; end of the line so far
  (global $colour (mut i32) (i32.const 0))               ;; whether to write colours
  (global $total (mut i64) (i64.const 0))                ;; iterations so far
  (global $inside (mut i32) (i32.const 0))               ;; points of the set so far

  ;; ---- output ----

  (func $put_byte (param $byte i32)
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  (func $put (param $text i32) (param $length i32)
    (memory.copy (global.get $end) (local.get $text) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  (func $put_number (param $number i64)
    (if (i64.ge_u (local.get $number) (i64.const 10))
      (then (call $put_number (i64.div_u (local.get $number) (i64.const 10)))))
    (call $put_byte
      (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10))))))

  ;; Writes the line to a descriptor and empties it. A write may take only a part.
  (func $flush (param $fd i32)
    (local $from i32)
    (local.set $from (global.get $line))
    (block $done
      (loop $again
        (br_if $done (i32.eq (local.get $from) (global.get $end)))
        (i32.store (i32.const 0) (local.get $from))
        (i32.store (i32.const 4) (i32.sub (global.get $end) (local.get $from)))
        (br_if $done (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $from (i32.add (local.get $from) (i32.load (i32.const 8))))
        (br $again)))
    (global.set $end (global.get $line)))

  ;; ---- the set ----

  ;; Iterations of z = z² + c until |z| > 2, at most $limit.
  (func $escape (param $cx f64) (param $cy f64) (result i32)
    (local $x f64) (local $y f64) (local $xx f64) (local $yy f64) (local $n i32)
    (loop $next
      (local.set $xx (f64.mul (local.get $x) (local.get $x)))
      (local.set $yy (f64.mul (local.get $y) (local.get $y)))
      (if (f64.le (f64.add (local.get $xx) (local.get $yy)) (f64.const 4))
        (then
          (local.set $y
            (f64.add (f64.mul (f64.mul (f64.const 2) (local.get $x)) (local.get $y)) (local.get $cy)))
          (local.set $x (f64.add (f64.sub (local.get $xx) (local.get $yy)) (local.get $cx)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $n) (global.get $limit))))))
    (local.get $n))

  ;; One shade for each doubling of the iterations; the set itself is the last.
  (func $shade (param $n i32) (result i32)
    (local $doublings i32)
    (if (i32.eq (local.get $n) (global.get $limit)) (then (return (i32.const 11))))
    (local.set $doublings (i32.sub (i32.const 32) (i32.clz (local.get $n))))
    (if (result i32) (i32.le_u (local.get $doublings) (i32.const 2))
      (then (i32.const 0))
      (else (i32.sub (local.get $doublings) (i32.const 2)))))

  ;; Appends a point, changing the colour if it is another than the previous point's. Returns its shade.
  (func $put_point (param $shade i32) (param $previous i32) (result i32)
    (if (i32.and (global.get $colour) (i32.ne (local.get $shade) (local.get $previous)))
      (then
        (call $put (i32.const 96) (i32.const 7))
        (call $put_number (i64.load8_u offset=128 (local.get $shade)))
        (call $put_byte (i32.const 109))))
    (call $put_byte (i32.load8_u offset=64 (local.get $shade)))
    (local.get $shade))

  ;; The part of the plane from -2.2 to 0.8 and from -1.2i to 1.2i; a letter is twice as high as it is wide.
  (func $draw (param $width i32)
    (local $height i32) (local $row i32) (local $column i32) (local $shade i32) (local $n i32)
    (local $step f64) (local $cy f64)
    (local.set $height (i32.div_u (i32.mul (local.get $width) (i32.const 2)) (i32.const 5)))
    (local.set $step (f64.div (f64.const 3) (f64.convert_i32_u (local.get $width))))
    (loop $rows
      (local.set $cy
        (f64.sub
          (f64.mul
            (f64.add (f64.convert_i32_u (local.get $row)) (f64.const 0.5))
            (f64.div (f64.const 2.4) (f64.convert_i32_u (local.get $height))))
          (f64.const 1.2)))
      (local.set $column (i32.const 0))
      (local.set $shade (i32.const -1))
      (loop $columns
        (local.set $n
          (call $escape
            (f64.sub
              (f64.mul (f64.add (f64.convert_i32_u (local.get $column)) (f64.const 0.5)) (local.get $step))
              (f64.const 2.2))
            (local.get $cy)))
        (global.set $total (i64.add (global.get $total) (i64.extend_i32_u (local.get $n))))
        (global.set $inside
          (i32.add (global.get $inside) (i32.eq (local.get $n) (global.get $limit))))
        (local.set $shade (call $put_point (call $shade (local.get $n)) (local.get $shade)))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $column) (local.get $width))))
      (if (global.get $colour) (then (call $put (i32.const 112) (i32.const 4))))
      (call $put_byte (i32.const 10))
      (call $flush (i32.const 1))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $row) (local.get $height))))
    ;; "78 columns, 614412 iterations, 530 of 2418 points in the set"
    (call $put_number (i64.extend_i32_u (local.get $width)))
    (call $put (i32.const 224) (i32.const 10))
    (call $put_number (global.get $total))
    (call $put (i32.const 240) (i32.const 13))
    (call $put_number (i64.extend_i32_u (global.get $inside)))
    (call $put (i32.const 256) (i32.const 4))
    (call $put_number (i64.extend_i32_u (i32.mul (local.get $width) (local.get $height))))
    (call $put (i32.const 272) (i32.const 19))
    (call $flush (i32.const 1)))

  ;; ---- arguments ----

  ;; The decimal number at an address, or -1 if there is none or it has more than three digits.
  (func $parse (param $text i32) (result i32)
    (local $digit i32) (local $number i32) (local $count i32)
    (loop $digits
      (local.set $digit (i32.sub (i32.load8_u (local.get $text)) (i32.const 48)))
      (if (i32.lt_u (local.get $digit) (i32.const 10))
        (then
          (local.set $number
            (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))
          (local.set $text (i32.add (local.get $text) (i32.const 1)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br_if $digits (i32.le_u (local.get $count) (i32.const 3))))))
    (select
      (local.get $number)
      (i32.const -1)
      (i32.and
        (i32.eqz (i32.load8_u (local.get $text)))
        (i32.and (i32.ge_u (local.get $count) (i32.const 1)) (i32.le_u (local.get $count) (i32.const 3))))))

  ;; The width asked for, 78 if none is, or -1 if the arguments are not right.
  (func $width (result i32)
    (local $count i32)
    (if (call $args_sizes_get (i32.const 16) (i32.const 20)) (then (return (i32.const -1))))
    (local.set $count (i32.load (i32.const 16)))
    (if (i32.le_u (local.get $count) (i32.const 1)) (then (return (i32.const 78))))
    (if (i32.or
          (i32.gt_u (local.get $count) (i32.const 2))
          (i32.gt_u (i32.load (i32.const 20)) (i32.const 32768)))
      (then (return (i32.const -1))))
    (if (call $args_get (i32.const 4096) (i32.const 4104)) (then (return (i32.const -1))))
    (call $parse (i32.load (i32.const 4100))))

  (func (export "_start")
    (local $width i32)
    (local.set $width (call $width))
    (if (i32.gt_u (i32.sub (local.get $width) (i32.const 20)) (i32.const 480))
      (then
        (call $put (i32.const 160) (i32.const 51))
        (call $flush (i32.const 2))
        (call $proc_exit (i32.const 2))))
    ;; A character device, file type 2, is a terminal.
    (if (i32.eqz (call $fd_fdstat_get (i32.const 1) (i32.const 32)))
      (then (global.set $colour (i32.eq (i32.load8_u (i32.const 32)) (i32.const 2)))))
    (call $draw (local.get $width))))
