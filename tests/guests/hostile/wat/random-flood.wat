;; Asks the host for 60 MB of random bytes, for which the host would have to find the room and the time.
(component
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $libc (instantiate $libc))
  (core func $bytes (canon lower (func $random "get-random-bytes") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core module $m
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (func (export "go") (call $bytes (i64.const 60000000) (i32.const 0))))
  (core instance $i (instantiate $m (with "host" (instance (export "bytes" (func $bytes))))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
