;; Makes handles to a resource of its own without end: they stand in the engine's tables, and no host function is asked.
(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $m
    (import "own" "new" (func $new (param i32) (result i32)))
    (func (export "go") (loop $again (drop (call $new (i32.const 0))) (br $again))))
  (core instance $i (instantiate $m (with "own" (instance (export "new" (func $new))))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
