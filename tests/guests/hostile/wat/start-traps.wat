;; Traps in its start function, before anything was called.
(component
  (core module $m
    (func $start (unreachable))
    (start $start)
    (func (export "go"))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
