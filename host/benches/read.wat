;; In `read`: as many bytes as are asked for.
(component
  (core module $m
    (memory (export "memory") 3)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 131072)
    ;; ok(data): 0, the case's number, where the bytes are, how many.
    (func (export "on-read") (param $max i32) (result i32)
      (i32.store (i32.const 20) (i32.const 1))
      (i32.store (i32.const 24) (i32.const 1024))
      (i32.store (i32.const 28) (local.get $max))
      i32.const 16))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "cabi_realloc" (core func $cabi_realloc))
  (type $action (variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32)))
  (func $on-read (param "max" u32) (result (result $action (error string)))
    (canon lift (core func $i "on-read") (memory $memory) (realloc $cabi_realloc)))
  ;; Types must be exported beside the function that uses them: what this inner component is for.
  (component $interface
    (type $action' (variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32)))
    (import "action" (type $action-in (eq $action')))
    (import "on-read" (func $on-read-in (param "max" u32) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-read" (func $on-read-in)
      (func (param "max" u32) (result (result $action-out (error $abort))))))
  (instance $read (instantiate $interface
    (with "action" (type $action))
    (with "on-read" (func $on-read))))
  (export "transferhost:callbacks/read@0.1.0" (instance $read)))
