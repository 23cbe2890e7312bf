;; Has a memory in each of many instances, more memories than a tool may have.
(component
  (core module $store (memory 1))
  (core module $m (func (export "go")))
  (core instance (instantiate $store))
  (core instance (instantiate $store))
  (core instance (instantiate $store))
  (core instance (instantiate $store))
  (core instance (instantiate $store))
  (core instance (instantiate $store))
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
