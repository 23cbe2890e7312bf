;; Has a memory in each of two instances and grows them in turn: each is small, the sum is not.
(component
  (core module $store
    (memory (export "memory") 1)
    (func (export "grow") (drop (memory.grow (i32.const 16)))))
  (core module $m
    (import "one" "grow" (func $one))
    (import "two" "grow" (func $two))
    (func (export "go") (loop $again (call $one) (call $two) (br $again))))
  (core instance $one (instantiate $store))
  (core instance $two (instantiate $store))
  (core instance $i (instantiate $m (with "one" (instance $one)) (with "two" (instance $two))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
