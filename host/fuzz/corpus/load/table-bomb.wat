;; Grows a table in `write`, 65536 elements at a time, until it is refused. Where a refusal is only an answer it aborts
;; with "refused".
(component
  (core module $m
    (table $t 1 funcref)
    (memory (export "memory") 2)
    ;; err("refused"): 1, then where the words stand and how many bytes they have.
    (data (i32.const 16) "\01\00\00\00\20\00\00\00\07\00\00\00")
    (data (i32.const 32) "refused")
    ;; Each call gets the second page for its chunk: 16384 bytes at most.
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    (func (export "on-write") (param i32 i32) (result i32)
      (loop $again
        (br_if $again
          (i32.ge_s (table.grow $t (ref.null func) (i32.const 65536)) (i32.const 0))))
      i32.const 16))
  (core instance $i (instantiate $m))
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
