;; Four memories of 24 MiB each, grown in `write`: 96 MiB in all, and none of them large by itself. Where a refusal is
;; only an answer it aborts with "refused"; where all is granted it delivers.
(component
  (core module $hoard
    (memory 1)
    (func (export "grow") (result i32)
      i32.const 383
      memory.grow))
  (core instance $hoard-0 (instantiate $hoard))
  (core instance $hoard-1 (instantiate $hoard))
  (core instance $hoard-2 (instantiate $hoard))
  (core instance $hoard-3 (instantiate $hoard))
  (core module $m
    (import "hoard-0" "grow" (func $grow-0 (result i32)))
    (import "hoard-1" "grow" (func $grow-1 (result i32)))
    (import "hoard-2" "grow" (func $grow-2 (result i32)))
    (import "hoard-3" "grow" (func $grow-3 (result i32)))
    (global $done (mut i32) (i32.const 0))
    (memory (export "memory") 2)
    ;; err("refused"): 1, then where the words stand and how many bytes they have.
    (data (i32.const 16) "\01\00\00\00\20\00\00\00\07\00\00\00")
    (data (i32.const 32) "refused")
    ;; Each call gets the second page for its chunk: 16384 bytes at most.
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    (func (export "on-write") (param i32 i32) (result i32)
      (if (global.get $done)
        (then (return (i32.const 0))))
      (global.set $done (i32.const 1))
      (if (i32.lt_s (call $grow-0) (i32.const 0)) (then (return (i32.const 16))))
      (if (i32.lt_s (call $grow-1) (i32.const 0)) (then (return (i32.const 16))))
      (if (i32.lt_s (call $grow-2) (i32.const 0)) (then (return (i32.const 16))))
      (if (i32.lt_s (call $grow-3) (i32.const 0)) (then (return (i32.const 16))))
      ;; What is at 0 is all zeros: ok(deliver).
      i32.const 0))
  (core instance $i (instantiate $m
    (with "hoard-0" (instance $hoard-0))
    (with "hoard-1" (instance $hoard-1))
    (with "hoard-2" (instance $hoard-2))
    (with "hoard-3" (instance $hoard-3))))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "cabi_realloc" (core func $cabi_realloc))
  (type $action (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
  (func $on-write (param "chunk" (list u8)) (result (result $action (error string)))
    (canon lift (core func $i "on-write") (memory $memory) (realloc $cabi_realloc)))
  ;; Types must be exported beside the function that uses them: what this inner component is for.
  (component $interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
    (import "action" (type $action-in (eq $action')))
    (import "on-write" (func $on-write-in (param "chunk" (list u8)) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-write" (func $on-write-in)
      (func (param "chunk" (list u8)) (result (result $action-out (error $abort))))))
  (instance $write (instantiate $interface
    (with "action" (type $action))
    (with "on-write" (func $on-write))))
  (export "transferhost:callbacks/write@0.1.0" (instance $write)))
