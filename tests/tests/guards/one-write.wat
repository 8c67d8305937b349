;; Exports `write` alone, with this body, in a function of this name. At 0 is ok(deliver), at 16 ok(pause(1)).
(component
  (core module $m
    (memory (export "memory") 2)
    ;; 0, then the case's number, then the time.
    (data (i32.const 16) "\00\00\00\00\03\00\00\00\01\00\00\00")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    (func $@NAME@ (export "on-write") (param i32 i32) (result i32) (local $left i32)
      @BODY@))
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
    (import "on-write" (func $f (param "chunk" (list u8)) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-write" (func $f) (func (param "chunk" (list u8)) (result (result $action-out (error $abort))))))
  (instance $write (instantiate $interface
    (with "action" (type $action))
    (with "on-write" (func $on-write))))
  (export "transferhost:callbacks/write@0.1.0" (instance $write)))
