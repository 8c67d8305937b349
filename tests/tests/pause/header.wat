;; In `header`: every other call pauses for @TIME@ ms, the first one too; the others deliver.
(component
  (core module $m
    (memory (export "memory") 2)
    (global $paused (mut i32) (i32.const 0))
    ;; ok(pause(TIME)): 0, then the case's number, then the time.
    (data (i32.const 16) "\00\00\00\00\03\00\00\00")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    (func (export "on-header") (param i32 i32) (result i32)
      (global.set $paused (i32.xor (global.get $paused) (i32.const 1)))
      (if (global.get $paused)
        (then
          (i32.store (i32.const 24) (i32.const @TIME@))
          (return (i32.const 16))))
      ;; What is at 0 is all zeros: ok(deliver).
      i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "cabi_realloc" (core func $cabi_realloc))
  (type $action (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
  (func $on-header (param "line" (list u8)) (result (result $action (error string)))
    (canon lift (core func $i "on-header") (memory $memory) (realloc $cabi_realloc)))
  ;; Types must be exported beside the function that uses them: what this inner component is for.
  (component $interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
    (import "action" (type $action-in (eq $action')))
    (import "on-header" (func $on-header-in (param "line" (list u8)) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-header" (func $on-header-in)
      (func (param "line" (list u8)) (result (result $action-out (error $abort))))))
  (instance $header (instantiate $interface
    (with "action" (type $action))
    (with "on-header" (func $on-header))))
  (export "transferhost:callbacks/header@0.1.0" (instance $header)))
