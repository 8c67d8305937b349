;; Exports `socket`, `closesocket` and `done`, and may call `multi.assign`. What stands for each answers with
;; where an answer is: at 0 is `ok`. `$assign` takes a socket, whether there is a value, the value, and where the answer
;; goes, which is 0 where it was assigned.
(component
  (import "transferhost:callbacks/multi@0.1.0" (instance $multi
    (type $assign-error' (enum "unknown-socket"))
    (export "assign-error" (type $assign-error (eq $assign-error')))
    (export "assign" (func
      (param "socket" u64) (param "value" (option u64)) (result (result (error $assign-error)))))))
  (alias export $multi "assign" (func $multi-assign))

  (core module $memory-module
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536))
  (core instance $memory-instance (instantiate $memory-module))
  (alias core export $memory-instance "memory" (core memory $memory))
  (alias core export $memory-instance "cabi_realloc" (core func $cabi_realloc))
  (core func $assign (canon lower (func $multi-assign) (memory $memory)))

  (core module $m
    (import "host" "memory" (memory 2))
    (import "host" "assign" (func $assign (param i64 i32 i64 i32)))
    (func $assigned (param $socket i64) (result i32)
      (call $assign (local.get $socket) (i32.const 1) (i64.const 7) (i32.const 64))
      (i32.eqz (i32.load8_u (i32.const 64))))
    (func (export "on-socket") (param $what i32) (param $socket i64) (param $is i32) (param $value i64) (result i32)
      @SOCKET@)
    (func (export "on-closesocket") (param $socket i64) (result i32)
      @CLOSESOCKET@)
    (func (export "on-done")
      (param i32 i32 i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      @DONE@))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "memory" (memory $memory))
      (export "assign" (func $assign))))))

  (type $what (enum "poll-none" "poll-in" "poll-out" "poll-inout" "poll-remove"))
  (func $on-socket
    (param "what" $what) (param "socket" u64) (param "assigned" (option u64)) (result (result (error string)))
    (canon lift (core func $i "on-socket") (memory $memory)))
  (func $on-closesocket (param "socket" u64) (result (result (error string)))
    (canon lift (core func $i "on-closesocket") (memory $memory)))
  (type $bytes (record (field "delivered" u64) (field "received" u64) (field "uploaded" u64)))
  (type $aborted (record (field "callback" string) (field "cause" string) (field "reason" (option string))))
  (type $outcome (record
    (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes)
    (field "abort" (option $aborted))))
  (func $on-done (param "outcome" $outcome) (result (result (error string)))
    (canon lift (core func $i "on-done") (memory $memory) (realloc $cabi_realloc)))

  ;; Types must be exported beside the functions that use them: what these inner components are for.
  (component $socket-interface
    (type $what' (enum "poll-none" "poll-in" "poll-out" "poll-inout" "poll-remove"))
    (import "what" (type $what (eq $what')))
    (import "on-socket" (func $f
      (param "what" $what) (param "socket" u64) (param "assigned" (option u64)) (result (result (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (type $u64 u64)
    (export $socket-id "socket-id" (type $u64))
    (export $what-out "what" (type $what'))
    (export "on-socket" (func $f) (func
      (param "what" $what-out) (param "socket" $socket-id) (param "assigned" (option u64))
      (result (result (error $abort))))))
  (instance $socket (instantiate $socket-interface
    (with "what" (type $what))
    (with "on-socket" (func $on-socket))))
  (component $closesocket-interface
    (import "on-closesocket" (func $f (param "socket" u64) (result (result (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (type $u64 u64)
    (export $socket-id "socket-id" (type $u64))
    (export "on-closesocket" (func $f) (func (param "socket" $socket-id) (result (result (error $abort))))))
  (instance $closesocket (instantiate $closesocket-interface
    (with "on-closesocket" (func $on-closesocket))))
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
  (export "transferhost:callbacks/socket@0.1.0" (instance $socket))
  (export "transferhost:callbacks/closesocket@0.1.0" (instance $closesocket))
  (export "transferhost:callbacks/done@0.1.0" (instance $done)))
