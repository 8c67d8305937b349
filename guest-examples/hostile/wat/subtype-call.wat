;; Calls through a table of a function's subtype while it is made: the check needs what wasmtime is built without.
;; Where the proposal is on all the same, that ends the whole process.
(component
  (core module $m
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
    (func (export "on-write") (param i32 i32) (result i32) i32.const 16))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "cabi_realloc" (core func $cabi_realloc))
  (type $action (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
  (func $on-write (param "chunk" (list u8)) (result (result $action (error string)))
    (canon lift (core func $i "on-write") (memory $memory) (realloc $cabi_realloc)))
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
  (export "transferhost:callbacks/write@0.1.0" (instance $write))
  (core module $h
    (type $f (sub (func))) (type $g (sub $f (func)))
    (func $q (type $g)) (table $t 1 funcref) (elem (table $t) (i32.const 0) func $q)
    (func $s (call_indirect $t (type $f) (i32.const 0))) (start $s))
  (core instance (instantiate $h)))
