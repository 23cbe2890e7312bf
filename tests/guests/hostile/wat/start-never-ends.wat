;; Its start function never ends, so that it is never even ready.
(component
  (core module $m
    (func $start (loop $again (br $again)))
    (start $start)
    (func (export "go"))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
