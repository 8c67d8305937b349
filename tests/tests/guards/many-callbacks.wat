;; Five callbacks: `write` answers with what is at @ANSWER@, an abort at 64 or a delivery at 0; the others let it go on.
(component
  (core module $m
    (memory (export "memory") 2)
    ;; error("enough"): 1, then, behind the room for the larger of two kinds of answer, where the words are.
    (data (i32.const 64) "\01\00\00\00\50\00\00\00\06\00\00\00")
    (data (i32.const 80) "enough")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536)
    ;; What is at 0 is all zeros: ok, in each of these.
    (func (export "on-header") (param i32 i32) (result i32)
      i32.const 0)
    (func (export "on-write") (param i32 i32) (result i32)
      i32.const @ANSWER@)
    (func (export "on-write-end") (result i32)
      i32.const 0)
    (func (export "on-xferinfo") (param i64 i64 i64 i64) (result i32)
      i32.const 0)
    ;; code; name; status; three counts of bytes; whether there was an abort, its callback, cause and reason.
    (func (export "on-done")
      (param i32 i32 i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "cabi_realloc" (core func $cabi_realloc))

  (type $header-action (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
  (func $on-header (param "line" (list u8)) (result (result $header-action (error string)))
    (canon lift (core func $i "on-header") (memory $memory) (realloc $cabi_realloc)))
  (type $write-action (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
  (func $on-write (param "chunk" (list u8)) (result (result $write-action (error string)))
    (canon lift (core func $i "on-write") (memory $memory) (realloc $cabi_realloc)))
  (func $on-write-end (result (result (list u8) (error string)))
    (canon lift (core func $i "on-write-end") (memory $memory)))
  (func $on-xferinfo
    (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64) (result (result (error string)))
    (canon lift (core func $i "on-xferinfo") (memory $memory)))
  (type $bytes (record (field "delivered" u64) (field "received" u64) (field "uploaded" u64)))
  (type $aborted (record (field "callback" string) (field "cause" string) (field "reason" (option string))))
  (type $outcome (record
    (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes)
    (field "abort" (option $aborted))))
  (func $on-done (param "outcome" $outcome) (result (result (error string)))
    (canon lift (core func $i "on-done") (memory $memory) (realloc $cabi_realloc)))

  ;; Types must be exported beside the functions that use them: what these inner components are for.
  (component $header-interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
    (import "action" (type $action-in (eq $action')))
    (import "on-header" (func $f (param "line" (list u8)) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-header" (func $f) (func (param "line" (list u8)) (result (result $action-out (error $abort))))))
  (instance $header (instantiate $header-interface
    (with "action" (type $header-action))
    (with "on-header" (func $on-header))))
  (component $write-interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
    (import "action" (type $action-in (eq $action')))
    (import "on-write" (func $f (param "chunk" (list u8)) (result (result $action-in (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $action-out "action" (type $action'))
    (export "on-write" (func $f) (func (param "chunk" (list u8)) (result (result $action-out (error $abort))))))
  (instance $write (instantiate $write-interface
    (with "action" (type $write-action))
    (with "on-write" (func $on-write))))
  (component $write-end-interface
    (import "on-write-end" (func $f (result (result (list u8) (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export "on-write-end" (func $f) (func (result (result (list u8) (error $abort))))))
  (instance $write-end (instantiate $write-end-interface
    (with "on-write-end" (func $on-write-end))))
  (component $xferinfo-interface
    (import "on-xferinfo" (func $f
      (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64)
      (result (result (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export "on-xferinfo" (func $f)
      (func (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64)
        (result (result (error $abort))))))
  (instance $xferinfo (instantiate $xferinfo-interface
    (with "on-xferinfo" (func $on-xferinfo))))
  (component $done-interface
    (type $bytes' (record (field "delivered" u64) (field "received" u64) (field "uploaded" u64)))
    (import "bytes" (type $bytes (eq $bytes')))
    (type $aborted' (record (field "callback" string) (field "cause" string) (field "reason" (option string))))
    (import "aborted" (type $aborted (eq $aborted')))
    (type $outcome' (record
      (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes)
      (field "abort" (option $aborted))))
    (import "outcome" (type $outcome (eq $outcome')))
    (import "on-done" (func $f (param "outcome" $outcome) (result (result (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $bytes-out "bytes" (type $bytes'))
    (export $aborted-out "aborted" (type $aborted'))
    (type $outcome-new (record
      (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes-out)
      (field "abort" (option $aborted-out))))
    (export $outcome-out "outcome" (type $outcome-new))
    (export "on-done" (func $f) (func (param "outcome" $outcome-out) (result (result (error $abort))))))
  (instance $done (instantiate $done-interface
    (with "bytes" (type $bytes))
    (with "aborted" (type $aborted))
    (with "outcome" (type $outcome))
    (with "on-done" (func $on-done))))
  (export "transferhost:callbacks/header@0.1.0" (instance $header))
  (export "transferhost:callbacks/write@0.1.0" (instance $write))
  (export "transferhost:callbacks/write-end@0.1.0" (instance $write-end))
  (export "transferhost:callbacks/xferinfo@0.1.0" (instance $xferinfo))
  (export "transferhost:callbacks/done@0.1.0" (instance $done)))
