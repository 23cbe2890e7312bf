;; Answers with a list whose items are not aligned.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 8) "\21\00\00\00\02\00\00\00")
    (func (export "go") (result i32) (i32.const 8))
  )
  (core instance $i (instantiate $m))
  (func $go (result (list u32)) (canon lift (core func $i "go") (memory $i "memory")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
