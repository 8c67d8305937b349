;; A core module, not a component: nothing that a host of components can load.
(module
  (memory (export "memory") 1)
  (func (export "on-write") (param i32 i32) (result i32)
    i32.const 0))
