;; Takes one memory page after another and writes to each, until somebody stops it.
(component
  (core module $m
    (memory 1)
    (func (export "go")
      (local $page i32)
      (loop $again
        (local.set $page (memory.grow (i32.const 1)))
        (i32.store (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1))
        (br $again)))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
