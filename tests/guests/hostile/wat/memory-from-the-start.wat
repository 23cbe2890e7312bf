;; Declares a memory of 512 MiB, so that it has it before its first instruction.
(component
  (core module $m
    (memory 8192)
    (func (export "go"))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
