;; Tells the host to write its argument outside its memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const -65536))
    (func (export "go") (param i32 i32))
  )
  (core instance $i (instantiate $m))
  (func $go (param "text" string) (canon lift (core func $i "go") (memory $i "memory") (realloc (func $i "realloc"))))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
