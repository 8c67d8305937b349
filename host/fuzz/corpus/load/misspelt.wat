;; A guest that means to decide where connections go, and says so by a name that does not exist: a host that passed over
;; it would leave every address open.
(component
  (core module $m
    (func (export "on-opensockets") (result i32)
      i32.const 0))
  (core instance $i (instantiate $m))
  (func $on-opensockets (result u32)
    (canon lift (core func $i "on-opensockets")))
  (instance $opensockets
    (export "on-opensockets" (func $on-opensockets)))
  (export "transferhost:callbacks/opensockets@0.1.0" (instance $opensockets)))
