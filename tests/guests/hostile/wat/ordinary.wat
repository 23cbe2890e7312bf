;; Does nothing. Attacks made of bytes are this with something added or cut off.
(component
  (core module $m
    (func (export "go") (nop))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
