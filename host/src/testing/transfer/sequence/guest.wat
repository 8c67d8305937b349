;; Exports all that a transfer's callbacks ask, and answers each with what the host has put into `transfer.url`: the bytes
;; of the answer as the canonical ABI lays it out, at 65536. Two first bytes stand for what is no answer: ~ (126) traps, }
;; (125) spins until the fuel is out.
(component
  (import "transferhost:callbacks/transfer@0.1.0" (instance $transfer (export "url" (func (result string)))))
  (import "transferhost:callbacks/socket-options@0.1.0" (instance $options
    (export "socket-options" (type $socket-options (sub resource)))))
  (import "transferhost:callbacks/request@0.1.0" (instance $requests (export "request" (type $request (sub resource)))))
  (alias export $transfer "url" (func $transfer-url))
  (alias export $options "socket-options" (type $socket-options))
  (alias export $requests "request" (type $request))
  (core module $memory-module
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      i32.const 65536))
  (core instance $memory-instance (instantiate $memory-module))
  (alias core export $memory-instance "memory" (core memory $memory))
  (alias core export $memory-instance "cabi_realloc" (core func $realloc))
  (core func $url (canon lower (func $transfer-url) (memory $memory) (realloc $realloc)))
  (core func $drop (canon resource.drop $socket-options))
  (core func $drop-request (canon resource.drop $request))
  (core module $m
    (import "host" "memory" (memory 2))
    (import "host" "url" (func $url (param i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "drop-request" (func $drop-request (param i32)))
    (func $verdict (result i32)
      (call $url (i32.const 0))
      (if (i32.eq (i32.load8_u (i32.const 65536)) (i32.const 126)) (then unreachable))
      (if (i32.eq (i32.load8_u (i32.const 65536)) (i32.const 125)) (then (loop $again (br $again))))
      i32.const 65536)
    (func (export "on-start") (param i32) (result i32)
      (call $drop-request (local.get 0))
      (call $verdict))
    (func (export "on-redirect") (param i32 i32 i32 i32 i32) (result i32)
      (call $verdict))
    (func (export "on-timer") (param i32 i64) (result i32)
      (call $verdict))
    (func (export "on-opensocket") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (call $verdict))
    (func (export "on-sockopt") (param i32 i32) (result i32)
      (call $drop (local.get 1))
      (call $verdict))
    (func (export "on-socket") (param i32 i64 i32 i64) (result i32)
      (call $verdict))
    (func (export "on-ssh-key") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (call $verdict))
    (func (export "on-debug") (param i32 i32 i32) (result i32)
      (call $verdict))
    (func (export "on-read") (param i32) (result i32)
      (call $verdict))
    (func (export "on-seek") (param i64) (result i32)
      (call $verdict))
    (func (export "on-ioctl") (param i32) (result i32)
      (call $verdict))
    (func (export "on-xferinfo") (param i64 i64 i64 i64) (result i32)
      (call $verdict))
    (func (export "on-progress") (param f64 f64 f64 f64) (result i32)
      (call $verdict))
    (func (export "on-header") (param i32 i32) (result i32)
      (call $verdict))
    (func (export "on-write") (param i32 i32) (result i32)
      (call $verdict))
    (func (export "on-write-end") (result i32)
      (call $verdict))
    (func (export "on-closesocket") (param i64) (result i32)
      (call $verdict))
    (func (export "on-done") (param i32 i32 i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (call $verdict)))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "memory" (memory $memory))
      (export "url" (func $url))
      (export "drop" (func $drop))
      (export "drop-request" (func $drop-request))))))

  ;; Types must be exported beside the functions that use them: what these inner components are for.
  (func $on-start
    (param "request" (borrow $request)) (result (result (error string)))
    (canon lift (core func $i "on-start") (memory $memory) (realloc $realloc)))
  (component $start-interface
    (import "request" (type $request (sub resource)))
    (import "f" (func $f
      (param "request" (borrow $request)) (result (result (error string)))))
    (export $request-out "request" (type $request))
    (export "on-start" (func $f) (func
      (param "request" (borrow $request-out)) (result (result (error string))))))
  (instance $start (instantiate $start-interface (with "request" (type $request)) (with "f" (func $on-start))))
  (export "transferhost:callbacks/start@0.1.0" (instance $start))
  (type $redirect-action (enum "follow" "finish"))
  (func $on-redirect
    (param "status" u16) (param "source" string) (param "target" string)
    (result (result $redirect-action (error string)))
    (canon lift (core func $i "on-redirect") (memory $memory) (realloc $realloc)))
  (component $redirect-interface
    (type $action' (enum "follow" "finish"))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "status" u16) (param "source" string) (param "target" string)
      (result (result $action (error string)))))
    (export $action-out "action" (type $action'))
    (export "on-redirect" (func $f) (func
      (param "status" u16) (param "source" string) (param "target" string)
      (result (result $action-out (error string))))))
  (instance $redirect (instantiate $redirect-interface
    (with "action" (type $redirect-action)) (with "f" (func $on-redirect))))
  (export "transferhost:callbacks/redirect@0.1.0" (instance $redirect))
  (func $on-timer
    (param "timeout" (option u64)) (result (result (error string)))
    (canon lift (core func $i "on-timer") (memory $memory) (realloc $realloc)))
  (component $timer-interface
    (import "f" (func $f
      (param "timeout" (option u64)) (result (result (error string)))))
    (export "on-timer" (func $f) (func
      (param "timeout" (option u64)) (result (result (error string))))))
  (instance $timer (instantiate $timer-interface (with "f" (func $on-timer))))
  (export "transferhost:callbacks/timer@0.1.0" (instance $timer))
  (type $opensocket-purpose (enum "ipcxn" "accept"))
  (type $opensocket-inet (record (field "ip" (list u8)) (field "port" u16) (field "flow-info" u32) (field "scope-id" u32)))
  (type $opensocket-address (variant (case "inet" $opensocket-inet) (case "unix" (list u8))))
  (type $opensocket-socktype (enum "sock-stream" "sock-dgram"))
  (type $opensocket-target (record (field "socktype" $opensocket-socktype) (field "protocol" s32) (field "address" $opensocket-address)))
  (type $opensocket-verdict (variant (case "allow") (case "deny" string) (case "connect-to" $opensocket-address)))
  (func $on-opensocket
    (param "purpose" $opensocket-purpose) (param "target" $opensocket-target) (result (result $opensocket-verdict (error string)))
    (canon lift (core func $i "on-opensocket") (memory $memory) (realloc $realloc)))
  (component $opensocket-interface
    (type $purpose' (enum "ipcxn" "accept"))
    (import "purpose" (type $purpose (eq $purpose')))
    (type $inet' (record (field "ip" (list u8)) (field "port" u16) (field "flow-info" u32) (field "scope-id" u32)))
    (import "inet" (type $inet (eq $inet')))
    (type $address' (variant (case "inet" $inet) (case "unix" (list u8))))
    (import "address" (type $address (eq $address')))
    (type $socktype' (enum "sock-stream" "sock-dgram"))
    (import "socktype" (type $socktype (eq $socktype')))
    (type $target' (record (field "socktype" $socktype) (field "protocol" s32) (field "address" $address)))
    (import "target" (type $target (eq $target')))
    (type $verdict' (variant (case "allow") (case "deny" string) (case "connect-to" $address)))
    (import "verdict" (type $verdict (eq $verdict')))
    (import "f" (func $f
      (param "purpose" $purpose) (param "target" $target) (result (result $verdict (error string)))))
    (export $purpose-out "purpose" (type $purpose'))
    (export $inet-out "inet" (type $inet'))
    (type $address-new (variant (case "inet" $inet-out) (case "unix" (list u8))))
    (export $address-out "address" (type $address-new))
    (export $socktype-out "socktype" (type $socktype'))
    (type $target-new (record (field "socktype" $socktype-out) (field "protocol" s32) (field "address" $address-out)))
    (export $target-out "target" (type $target-new))
    (type $verdict-new (variant (case "allow") (case "deny" string) (case "connect-to" $address-out)))
    (export $verdict-out "verdict" (type $verdict-new))
    (export "on-opensocket" (func $f) (func
      (param "purpose" $purpose-out) (param "target" $target-out) (result (result $verdict-out (error string))))))
  (instance $opensocket (instantiate $opensocket-interface (with "purpose" (type $opensocket-purpose)) (with "inet" (type $opensocket-inet)) (with "address" (type $opensocket-address)) (with "socktype" (type $opensocket-socktype)) (with "target" (type $opensocket-target)) (with "verdict" (type $opensocket-verdict)) (with "f" (func $on-opensocket))))
  (export "transferhost:callbacks/opensocket@0.1.0" (instance $opensocket))
  (type $sockopt-purpose (enum "ipcxn" "accept"))
  (type $sockopt-action (enum "ok" "error" "already-connected"))
  (func $on-sockopt
    (param "purpose" $sockopt-purpose) (param "socket" (borrow $socket-options)) (result (result $sockopt-action (error string)))
    (canon lift (core func $i "on-sockopt") (memory $memory) (realloc $realloc)))
  (component $sockopt-interface
    (import "socket-options" (type $socket-options (sub resource)))
    (type $purpose' (enum "ipcxn" "accept"))
    (import "purpose" (type $purpose (eq $purpose')))
    (type $action' (enum "ok" "error" "already-connected"))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "purpose" $purpose) (param "socket" (borrow $socket-options)) (result (result $action (error string)))))
    (export $socket-options-out "socket-options" (type $socket-options))
    (export $purpose-out "purpose" (type $purpose'))
    (export $action-out "action" (type $action'))
    (export "on-sockopt" (func $f) (func
      (param "purpose" $purpose-out) (param "socket" (borrow $socket-options-out)) (result (result $action-out (error string))))))
  (instance $sockopt (instantiate $sockopt-interface (with "socket-options" (type $socket-options)) (with "purpose" (type $sockopt-purpose)) (with "action" (type $sockopt-action)) (with "f" (func $on-sockopt))))
  (export "transferhost:callbacks/sockopt@0.1.0" (instance $sockopt))
  (type $socket-what (enum "poll-none" "poll-in" "poll-out" "poll-inout" "poll-remove"))
  (func $on-socket
    (param "what" $socket-what) (param "socket" u64) (param "assigned" (option u64)) (result (result (error string)))
    (canon lift (core func $i "on-socket") (memory $memory) (realloc $realloc)))
  (component $socket-interface
    (type $what' (enum "poll-none" "poll-in" "poll-out" "poll-inout" "poll-remove"))
    (import "what" (type $what (eq $what')))
    (import "f" (func $f
      (param "what" $what) (param "socket" u64) (param "assigned" (option u64)) (result (result (error string)))))
    (export $what-out "what" (type $what'))
    (export "on-socket" (func $f) (func
      (param "what" $what-out) (param "socket" u64) (param "assigned" (option u64)) (result (result (error string))))))
  (instance $socket (instantiate $socket-interface (with "what" (type $socket-what)) (with "f" (func $on-socket))))
  (export "transferhost:callbacks/socket@0.1.0" (instance $socket))
  (type $ssh-key-key-type (enum "unknown" "rsa1" "rsa" "dss" "ecdsa" "ed25519"))
  (type $ssh-key-key (record (field "bytes" (list u8)) (field "key-type" $ssh-key-key-type)))
  (type $ssh-key-match (enum "ok" "mismatch" "missing"))
  (type $ssh-key-action (enum "fine-add-to-file" "fine" "reject" "defer" "fine-replace"))
  (func $on-ssh-key
    (param "known" (option $ssh-key-key)) (param "found" $ssh-key-key) (param "match" $ssh-key-match) (result (result $ssh-key-action (error string)))
    (canon lift (core func $i "on-ssh-key") (memory $memory) (realloc $realloc)))
  (component $ssh-key-interface
    (type $key-type' (enum "unknown" "rsa1" "rsa" "dss" "ecdsa" "ed25519"))
    (import "key-type" (type $key-type (eq $key-type')))
    (type $key' (record (field "bytes" (list u8)) (field "key-type" $key-type)))
    (import "key" (type $key (eq $key')))
    (type $match' (enum "ok" "mismatch" "missing"))
    (import "match" (type $match (eq $match')))
    (type $action' (enum "fine-add-to-file" "fine" "reject" "defer" "fine-replace"))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "known" (option $key)) (param "found" $key) (param "match" $match) (result (result $action (error string)))))
    (export $key-type-out "key-type" (type $key-type'))
    (type $key-new (record (field "bytes" (list u8)) (field "key-type" $key-type-out)))
    (export $key-out "key" (type $key-new))
    (export $match-out "match" (type $match'))
    (export $action-out "action" (type $action'))
    (export "on-ssh-key" (func $f) (func
      (param "known" (option $key-out)) (param "found" $key-out) (param "match" $match-out) (result (result $action-out (error string))))))
  (instance $ssh-key (instantiate $ssh-key-interface (with "key-type" (type $ssh-key-key-type)) (with "key" (type $ssh-key-key)) (with "match" (type $ssh-key-match)) (with "action" (type $ssh-key-action)) (with "f" (func $on-ssh-key))))
  (export "transferhost:callbacks/ssh-key@0.1.0" (instance $ssh-key))
  (type $debug-infotype (enum "text" "header-in" "header-out" "data-in" "data-out" "ssl-data-in" "ssl-data-out"))
  (func $on-debug
    (param "infotype" $debug-infotype) (param "data" (list u8)) (result (result (error string)))
    (canon lift (core func $i "on-debug") (memory $memory) (realloc $realloc)))
  (component $debug-interface
    (type $infotype' (enum "text" "header-in" "header-out" "data-in" "data-out" "ssl-data-in" "ssl-data-out"))
    (import "infotype" (type $infotype (eq $infotype')))
    (import "f" (func $f
      (param "infotype" $infotype) (param "data" (list u8)) (result (result (error string)))))
    (export $infotype-out "infotype" (type $infotype'))
    (export "on-debug" (func $f) (func
      (param "infotype" $infotype-out) (param "data" (list u8)) (result (result (error string))))))
  (instance $debug (instantiate $debug-interface (with "infotype" (type $debug-infotype)) (with "f" (func $on-debug))))
  (export "transferhost:callbacks/debug@0.1.0" (instance $debug))
  (type $read-action (variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32)))
  (func $on-read
    (param "max" u32) (result (result $read-action (error string)))
    (canon lift (core func $i "on-read") (memory $memory) (realloc $realloc)))
  (component $read-interface
    (type $action' (variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32)))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "max" u32) (result (result $action (error string)))))
    (export $action-out "action" (type $action'))
    (export "on-read" (func $f) (func
      (param "max" u32) (result (result $action-out (error string))))))
  (instance $read (instantiate $read-interface (with "action" (type $read-action)) (with "f" (func $on-read))))
  (export "transferhost:callbacks/read@0.1.0" (instance $read))
  (type $seek-action (enum "ok" "fail" "cant-seek"))
  (func $on-seek
    (param "offset" u64) (result (result $seek-action (error string)))
    (canon lift (core func $i "on-seek") (memory $memory) (realloc $realloc)))
  (component $seek-interface
    (type $action' (enum "ok" "fail" "cant-seek"))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "offset" u64) (result (result $action (error string)))))
    (export $action-out "action" (type $action'))
    (export "on-seek" (func $f) (func
      (param "offset" u64) (result (result $action-out (error string))))))
  (instance $seek (instantiate $seek-interface (with "action" (type $seek-action)) (with "f" (func $on-seek))))
  (export "transferhost:callbacks/seek@0.1.0" (instance $seek))
  (type $ioctl-cmd (enum "nop" "restart-read"))
  (type $ioctl-action (enum "ok" "unknown-cmd" "fail-restart"))
  (func $on-ioctl
    (param "cmd" $ioctl-cmd) (result (result $ioctl-action (error string)))
    (canon lift (core func $i "on-ioctl") (memory $memory) (realloc $realloc)))
  (component $ioctl-interface
    (type $cmd' (enum "nop" "restart-read"))
    (import "cmd" (type $cmd (eq $cmd')))
    (type $action' (enum "ok" "unknown-cmd" "fail-restart"))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "cmd" $cmd) (result (result $action (error string)))))
    (export $cmd-out "cmd" (type $cmd'))
    (export $action-out "action" (type $action'))
    (export "on-ioctl" (func $f) (func
      (param "cmd" $cmd-out) (result (result $action-out (error string))))))
  (instance $ioctl (instantiate $ioctl-interface (with "cmd" (type $ioctl-cmd)) (with "action" (type $ioctl-action)) (with "f" (func $on-ioctl))))
  (export "transferhost:callbacks/ioctl@0.1.0" (instance $ioctl))
  (func $on-xferinfo
    (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64) (result (result (error string)))
    (canon lift (core func $i "on-xferinfo") (memory $memory) (realloc $realloc)))
  (component $xferinfo-interface
    (import "f" (func $f
      (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64) (result (result (error string)))))
    (export "on-xferinfo" (func $f) (func
      (param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64) (result (result (error string))))))
  (instance $xferinfo (instantiate $xferinfo-interface (with "f" (func $on-xferinfo))))
  (export "transferhost:callbacks/xferinfo@0.1.0" (instance $xferinfo))
  (func $on-progress
    (param "dltotal" f64) (param "dlnow" f64) (param "ultotal" f64) (param "ulnow" f64) (result (result (error string)))
    (canon lift (core func $i "on-progress") (memory $memory) (realloc $realloc)))
  (component $progress-interface
    (import "f" (func $f
      (param "dltotal" f64) (param "dlnow" f64) (param "ultotal" f64) (param "ulnow" f64) (result (result (error string)))))
    (export "on-progress" (func $f) (func
      (param "dltotal" f64) (param "dlnow" f64) (param "ultotal" f64) (param "ulnow" f64) (result (result (error string))))))
  (instance $progress (instantiate $progress-interface (with "f" (func $on-progress))))
  (export "transferhost:callbacks/progress@0.1.0" (instance $progress))
  (type $header-action (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
  (func $on-header
    (param "line" (list u8)) (result (result $header-action (error string)))
    (canon lift (core func $i "on-header") (memory $memory) (realloc $realloc)))
  (component $header-interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32)))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "line" (list u8)) (result (result $action (error string)))))
    (export $action-out "action" (type $action'))
    (export "on-header" (func $f) (func
      (param "line" (list u8)) (result (result $action-out (error string))))))
  (instance $header (instantiate $header-interface (with "action" (type $header-action)) (with "f" (func $on-header))))
  (export "transferhost:callbacks/header@0.1.0" (instance $header))
  (type $write-action (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
  (func $on-write
    (param "chunk" (list u8)) (result (result $write-action (error string)))
    (canon lift (core func $i "on-write") (memory $memory) (realloc $realloc)))
  (component $write-interface
    (type $action' (variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32)))
    (import "action" (type $action (eq $action')))
    (import "f" (func $f
      (param "chunk" (list u8)) (result (result $action (error string)))))
    (export $action-out "action" (type $action'))
    (export "on-write" (func $f) (func
      (param "chunk" (list u8)) (result (result $action-out (error string))))))
  (instance $write (instantiate $write-interface (with "action" (type $write-action)) (with "f" (func $on-write))))
  (export "transferhost:callbacks/write@0.1.0" (instance $write))
  (func $on-write-end
    (result (result (list u8) (error string)))
    (canon lift (core func $i "on-write-end") (memory $memory) (realloc $realloc)))
  (component $write-end-interface
    (import "f" (func $f
      (result (result (list u8) (error string)))))
    (export "on-write-end" (func $f) (func
      (result (result (list u8) (error string))))))
  (instance $write-end (instantiate $write-end-interface (with "f" (func $on-write-end))))
  (export "transferhost:callbacks/write-end@0.1.0" (instance $write-end))
  (func $on-closesocket
    (param "socket" u64) (result (result (error string)))
    (canon lift (core func $i "on-closesocket") (memory $memory) (realloc $realloc)))
  (component $closesocket-interface
    (import "f" (func $f
      (param "socket" u64) (result (result (error string)))))
    (export "on-closesocket" (func $f) (func
      (param "socket" u64) (result (result (error string))))))
  (instance $closesocket (instantiate $closesocket-interface (with "f" (func $on-closesocket))))
  (export "transferhost:callbacks/closesocket@0.1.0" (instance $closesocket))
  (type $done-bytes (record (field "delivered" u64) (field "received" u64) (field "uploaded" u64)))
  (type $done-aborted (record (field "callback" string) (field "cause" string) (field "reason" (option string))))
  (type $done-outcome (record (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $done-bytes) (field "abort" (option $done-aborted))))
  (func $on-done
    (param "outcome" $done-outcome) (result (result (error string)))
    (canon lift (core func $i "on-done") (memory $memory) (realloc $realloc)))
  (component $done-interface
    (type $bytes' (record (field "delivered" u64) (field "received" u64) (field "uploaded" u64)))
    (import "bytes" (type $bytes (eq $bytes')))
    (type $aborted' (record (field "callback" string) (field "cause" string) (field "reason" (option string))))
    (import "aborted" (type $aborted (eq $aborted')))
    (type $outcome' (record (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes) (field "abort" (option $aborted))))
    (import "outcome" (type $outcome (eq $outcome')))
    (import "f" (func $f
      (param "outcome" $outcome) (result (result (error string)))))
    (export $bytes-out "bytes" (type $bytes'))
    (export $aborted-out "aborted" (type $aborted'))
    (type $outcome-new (record (field "code" u32) (field "name" string) (field "status" u16) (field "bytes" $bytes-out) (field "abort" (option $aborted-out))))
    (export $outcome-out "outcome" (type $outcome-new))
    (export "on-done" (func $f) (func
      (param "outcome" $outcome-out) (result (result (error string))))))
  (instance $done (instantiate $done-interface (with "bytes" (type $done-bytes)) (with "aborted" (type $done-aborted)) (with "outcome" (type $done-outcome)) (with "f" (func $on-done))))
  (export "transferhost:callbacks/done@0.1.0" (instance $done)))
