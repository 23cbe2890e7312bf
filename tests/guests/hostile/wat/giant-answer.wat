;; Has a memory of 1 GiB and answers with nearly all of it as one text.
(component
  (core module $m
    (memory (export "memory") 16384)
    (data (i32.const 8) "\00\00\01\00\00\00\ff\3f")
    (func (export "go") (result i32) (i32.const 8))
  )
  (core instance $i (instantiate $m))
  (func $go (result string) (canon lift (core func $i "go") (memory $i "memory")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
