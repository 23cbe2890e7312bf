;; Answers with a `result` that is neither `ok` nor `err`.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "go") (result i32) (i32.const 2))
  )
  (core instance $i (instantiate $m))
  (func $go (result (result)) (canon lift (core func $i "go") (memory $i "memory")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
