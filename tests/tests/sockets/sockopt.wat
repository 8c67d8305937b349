;; Exports `sockopt` alone: what stands for BODY answers with where an answer is. At 0 is `ok`, at 16 `error`, at 32
;; `already-connected`. `$calls` counts from 1; `$drop` gives a lent socket back, and `$keepalive` sets an option of it,
;; with the answer at its third parameter.
(component
  (import "transferhost:callbacks/socket-options@0.1.0" (instance $options
    (type $option-error' (enum "invalid-value" "not-supported" "refused"))
    (export "option-error" (type $option-error (eq $option-error')))
    (export "socket-options" (type $socket-options (sub resource)))
    (export "[method]socket-options.set-keepalive" (func
      (param "self" (borrow $socket-options)) (param "on" bool) (result (result (error $option-error)))))))
  (alias export $options "socket-options" (type $socket-options))
  (alias export $options "[method]socket-options.set-keepalive" (func $set-keepalive))

  (core module $memory-module
    (memory (export "memory") 1))
  (core instance $memory-instance (instantiate $memory-module))
  (alias core export $memory-instance "memory" (core memory $memory))
  (core func $drop (canon resource.drop $socket-options))
  (core func $keepalive (canon lower (func $set-keepalive) (memory $memory)))

  (core module $m
    (import "host" "memory" (memory 1))
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "keepalive" (func $keepalive (param i32 i32 i32)))
    (data (i32.const 16) "\00\00\00\00\01")
    (data (i32.const 32) "\00\00\00\00\02")
    (global $calls (mut i32) (i32.const 0))
    (func (export "on-sockopt") (param $purpose i32) (param $socket i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      @BODY@))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "memory" (memory $memory))
      (export "drop" (func $drop))
      (export "keepalive" (func $keepalive))))))

  (type $purpose (enum "ipcxn" "accept"))
  (type $action (enum "ok" "error" "already-connected"))
  (func $on-sockopt
    (param "purpose" $purpose) (param "socket" (borrow $socket-options)) (result (result $action (error string)))
    (canon lift (core func $i "on-sockopt") (memory $memory)))

  ;; Types must be exported beside the functions that use them: what the inner component is for.
  (component $interface
    (import "socket-options" (type $socket-options (sub resource)))
    (type $purpose' (enum "ipcxn" "accept"))
    (import "purpose" (type $purpose (eq $purpose')))
    (type $action' (enum "ok" "error" "already-connected"))
    (import "action" (type $action (eq $action')))
    (import "on-sockopt" (func $f
      (param "purpose" $purpose) (param "socket" (borrow $socket-options)) (result (result $action (error string)))))
    (type $string string)
    (export $abort "abort" (type $string))
    (export $purpose-out "purpose" (type $purpose'))
    (export $action-out "action" (type $action'))
    (export $socket-options-out "socket-options" (type $socket-options))
    (export "on-sockopt" (func $f) (func
      (param "purpose" $purpose-out) (param "socket" (borrow $socket-options-out))
      (result (result $action-out (error $abort))))))
  (instance $sockopt (instantiate $interface
    (with "socket-options" (type $socket-options))
    (with "purpose" (type $purpose))
    (with "action" (type $action))
    (with "on-sockopt" (func $on-sockopt))))
  (export "transferhost:callbacks/sockopt@0.1.0" (instance $sockopt)))
