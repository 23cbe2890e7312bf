;; Answers with the fifth case of a type that has three.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "go") (result i32) (i32.const 4))
  )
  (core instance $i (instantiate $m))
  (type $plain (enum "red" "green" "blue"))
  (export $colour "colour" (type $plain))
  (func $go (result $colour) (canon lift (core func $i "go") (memory $i "memory")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
