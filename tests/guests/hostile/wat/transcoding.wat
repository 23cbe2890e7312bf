;; Hands 2 MiB of text from one component within it to another that wants UTF-16, again and again: the engine converts it.
(component
  (component $taker
    (core module $m
      (memory (export "memory") 600)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")) string-encoding=utf16)))
  (component $giver
    (import "take" (func $take (param "text" string)))
    (core module $libc (memory (export "memory") 280))
    (core instance $libc (instantiate $libc))
    (core func $take (canon lower (func $take) (memory $libc "memory") string-encoding=utf8))
    (core module $m
      (import "taker" "take" (func $take (param i32 i32)))
      (func (export "go") (loop $again (call $take (i32.const 0) (i32.const 2097152)) (br $again)))
      (func (export "fine")))
    (core instance $i (instantiate $m (with "taker" (instance (export "take" (func $take))))))
    (func (export "go") (canon lift (core func $i "go")))
    (func (export "fine") (canon lift (core func $i "fine"))))
  (instance $taker (instantiate $taker))
  (instance $giver (instantiate $giver (with "take" (func $taker "take"))))
  (alias export $giver "go" (func $go))
  (alias export $giver "fine" (func $fine))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
