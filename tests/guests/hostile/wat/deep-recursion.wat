;; Calls itself without end, and keeps nothing in linear memory: the engine's own stack is what runs out.
(component
  (core module $m
    (func $deeper (param i64) (result i64)
      (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
    (func (export "go") (drop (call $deeper (i64.const 0))))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
