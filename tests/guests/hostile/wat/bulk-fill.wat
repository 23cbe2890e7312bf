;; Fills 60 MiB with one instruction, again and again: no epoch falls into an instruction.
(component
  (core module $m
    (memory 1000)
    (func (export "go")
      (loop $again
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 62914560))
        (br $again))))
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
