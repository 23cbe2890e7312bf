;; Takes all that 32 bits can address, 4 GiB, in one step.
(component
  (core module $m
    (memory 1)
    (func (export "go") (drop (memory.grow (i32.const 65535))))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
