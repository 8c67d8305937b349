;; Two components side by side: `write` of one sends words through the other, which has another memory and another encoding
;; of text, and puts what comes back in the chunk's place.
(component
  (component $echoes
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        i32.const 16))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $bytes))
    (alias core export $i "realloc" (core func $realloc))
    (alias core export $i "echo" (core func $echo))
    (func (export "echo") (param "words" string) (result string)
      (canon lift (core func $echo) (memory $bytes) (realloc $realloc) string-encoding=utf16)))
  (component $writes
    (import "echo" (func $outside (param "words" string) (result string)))
    (core module $memory
      (memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $bytes))
    (alias core export $memory "realloc" (core func $realloc))
    (core func $echo (canon lower (func $outside) (memory $bytes) (realloc $realloc)))
    (core module $m
      (import "memory" "memory" (memory 1))
      (import "echo" "echo" (func $echo (param i32 i32 i32)))
      (data (i32.const 256) "gone round")
      (func (export "on-write") (param i32 i32) (result i32)
        (call $echo (i32.const 256) (i32.const 10) (i32.const 8))
        (i32.store (i32.const 4) (i32.const 1))
        i32.const 0))
    (core instance $i (instantiate $m
      (with "memory" (instance $memory))
      (with "echo" (instance (export "echo" (func $echo))))))
    (alias core export $i "on-write" (core func $core))
    (type $action (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
    (func $on-write (param "chunk" (list u8)) (result (result $action (error string)))
      (canon lift (core func $core) (memory $bytes) (realloc $realloc)))
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
    (export "write" (instance $write)))
  (instance $echoes (instantiate $echoes))
  (alias export $echoes "echo" (func $echo))
  (instance $writes (instantiate $writes (with "echo" (func $echo))))
  (alias export $writes "write" (instance $write))
  (export "transferhost:callbacks/write@0.1.0" (instance $write)))
