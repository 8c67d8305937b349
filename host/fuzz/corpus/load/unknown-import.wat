;; A sound `write`, and an import of transferhost's that does not exist.
(component
  (import "transferhost:callbacks/telemetry@0.1.0" (instance
    (export "report" (func (param "what" string)))))
  (core module $m
    (memory (export "memory") 2)
    ;; Each call gets the second page for its chunk: 16384 bytes at most.
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    ;; What is at 0 is all zeros: ok(deliver).
    (func (export "on-write") (param i32 i32) (result i32)
      i32.const 0))
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
