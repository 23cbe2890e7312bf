;; Grows a table, ten entries at a time, until somebody stops it.
(component
  (core module $m
    (table 1 funcref)
    (func (export "go")
      (loop $again
        (drop (table.grow (ref.null func) (i32.const 10)))
        (br $again)))
  )
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
